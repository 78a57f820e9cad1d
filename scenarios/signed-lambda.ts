import { parse, stringify } from 'yaml';
import { accessKeySecret, lambdaFunction, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { FunctionOptions, KubeClusterOptions, ManifestSource } from '#harness/topology.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER } from './lambda-from-istio.ts';

/** The releases of Envoy that scenarios compare, and the Istio that ships each (gateways.md 0.2). */
const RELEASES = {
  'envoy-1.19': '1.11.0',
  'envoy-1.22': '1.14.0',
  'envoy-1.25': '1.17.2',
  'envoy-1.30': '1.22.0',
  'envoy-1.34': '1.26.0',
} as const;

type Release = keyof typeof RELEASES;

/** An account with the cat, further functions, and the user whose key the sidecars sign with. */
export function accountWithCat({ aws }: TopologyWords, functions: Readonly<Record<string, FunctionOptions>> = {}) {
  return aws({
    functions: { 'hello-world-cat': lambdaFunction('hello-world-cat'), ...functions },
    users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
  });
}

/** A mesh of one release in which httpbin's sidecar signs, as `lambda` says; without it, by `aws_request_signing`. */
export function signingMesh(
  dialect: Release,
  lambda: readonly ManifestSource[] = [signRequests()],
): KubeClusterOptions {
  return {
    istioVersion: RELEASES[dialect],
    dialect,
    manifests: [
      accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
      manifest('seed-000/httpbin.yaml'),
      manifest('signing-catalogue/gateway.yaml'),
      ...lambda,
    ],
  };
}

interface Patches {
  /** More fields of the filter's configuration. */
  readonly filter?: Readonly<Record<string, unknown>>;
  /** More fields of the way to Lambda: Envoy's `Cluster`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** More fields of the route to it: Envoy's `RouteAction`. */
  readonly route?: Readonly<Record<string, unknown>>;
}

/** The EnvoyFilter that signs requests for Lambda's own API, with more fields. */
export function signRequests({ filter, cluster, route }: Patches = {}): ManifestSource {
  return changeFilter(({ applyTo, patch }) => {
    if (applyTo === 'HTTP_FILTER') Object.assign(patch.value.typed_config, filter);
    if (applyTo === 'CLUSTER') Object.assign(patch.value, cluster);
    if (applyTo === 'HTTP_ROUTE') Object.assign(patch.value.route, route);
    return true;
  });
}

/** The same with the filter that signs in the cluster: behind the router, which every attempt leaves by itself. */
export function signAttempts({ route }: Pick<Patches, 'route'> = {}): ManifestSource {
  const options = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http_protocol_options: {} },
    http_filters: [SIGNING, CODEC],
  };
  return changeFilter(({ applyTo, patch }) => {
    const typed = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options };
    if (applyTo === 'CLUSTER') Object.assign(patch.value, { typed_extension_protocol_options: typed });
    if (applyTo === 'HTTP_ROUTE') Object.assign(patch.value.route, route);
    return applyTo !== 'HTTP_FILTER';
  });
}

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.http';
const SIGNING = {
  name: 'envoy.filters.http.aws_request_signing',
  typed_config: {
    '@type': `${FILTERS}.aws_request_signing.v3.AwsRequestSigning`,
    service_name: 'lambda',
    region: 'us-east-1',
  },
};
const CODEC = {
  name: 'envoy.filters.http.upstream_codec',
  typed_config: { '@type': `${FILTERS}.upstream_codec.v3.UpstreamCodec` },
};

/** Changes patches of the EnvoyFilter, and leaves out those that `change` does not want. */
function changeFilter(change: (configPatch: ConfigPatch) => boolean): ManifestSource {
  const { file, text } = manifest('signing-catalogue/sign-requests.yaml');
  const envoyFilter = parse(text) as { readonly spec: { configPatches: readonly ConfigPatch[] } };
  envoyFilter.spec.configPatches = envoyFilter.spec.configPatches.filter(change);
  return { file: `${file}, changed`, text: stringify(envoyFilter) };
}

interface ConfigPatch {
  readonly applyTo: string;
  readonly patch: { readonly value: { readonly typed_config: object; readonly route: object } };
}
