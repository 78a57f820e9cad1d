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
  const { file, text } = manifest('signing-catalogue/sign-requests.yaml');
  const envoyFilter = parse(text) as EnvoyFilter;
  for (const { applyTo, patch } of envoyFilter.spec.configPatches) {
    if (applyTo === 'HTTP_FILTER') Object.assign(patch.value.typed_config, filter);
    if (applyTo === 'CLUSTER') Object.assign(patch.value, cluster);
    if (applyTo === 'HTTP_ROUTE') Object.assign(patch.value.route, route);
  }
  return { file: `${file}, changed`, text: stringify(envoyFilter) };
}

interface EnvoyFilter {
  readonly spec: {
    readonly configPatches: readonly {
      readonly applyTo: string;
      readonly patch: { readonly value: { readonly typed_config: object; readonly route: object } };
    }[];
  };
}
