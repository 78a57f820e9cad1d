import { parseAllDocuments, stringify } from 'yaml';
import { accessKeySecret, lambdaFunction, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { FunctionLimits, ManifestSource } from '#harness/topology.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER } from './lambda-from-istio.ts';

export const CAT = 'hello-world-cat';
/** Where the sidecar finds Lambda. */
export const LAMBDA_ADDRESS = 'lambda.us-east-1.amazonaws.com:443';
/** Longer than a changed route takes to reach the proxies, and than connections of a replaced listener may go on. */
export const PUSH_MS = 46_000;

export interface ObedientCatOptions extends FunctionLimits {
  /** Default: 900 seconds, Lambda's highest. */
  readonly timeoutSeconds?: number;
  /** Left out, the seed's: an Envoy route without a timeout, a VirtualService without timeout or retries. */
  readonly lambda?: ManifestSource;
  readonly gateway?: ManifestSource;
}

/** The world of seed document 000 with a function behind `/cat` that takes as long as `?seconds=` says. */
export function obedientCat({ aws, kubeCluster }: TopologyWords, options: ObedientCatOptions = {}) {
  const { lambda = lambdaRoute(), gateway = gatewayRoute(), ...limits } = options;
  return {
    aws: aws({
      functions: { [CAT]: { ...lambdaFunction('obedient-cat'), timeoutSeconds: 900, ...limits } },
      users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
    }),
    east: kubeCluster('east', {
      istioVersion: '1.11.0',
      dialect: 'envoy-1.19',
      manifests: [accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY), manifest('seed-000/httpbin.yaml'), gateway, lambda],
    }),
  };
}

/** The seed's EnvoyFilter with more fields in its routes to Lambda: Envoy's `RouteAction`, as `timeout: '35s'`. */
export function lambdaRoute(fields: Readonly<Record<string, unknown>> = {}): ManifestSource {
  return change('seed-000/lambda.yaml', ({ kind, spec }) => {
    if (kind !== 'EnvoyFilter') return;
    for (const { applyTo, patch } of spec.configPatches ?? []) {
      if (applyTo === 'HTTP_ROUTE') Object.assign(patch.value.route, fields);
    }
  });
}

/** The seed's VirtualService with more fields in its route to httpbin: Istio's `HTTPRoute`, as `retries: { attempts: 0 }`. */
export function gatewayRoute(fields: Readonly<Record<string, unknown>> = {}): ManifestSource {
  return change('seed-000/gateway.yaml', ({ kind, spec }) => {
    if (kind === 'VirtualService') for (const route of spec.http ?? []) Object.assign(route, fields);
  });
}

interface SeedDocument {
  readonly kind: string;
  readonly spec: {
    readonly http?: readonly object[];
    readonly configPatches?: readonly {
      readonly applyTo: string;
      readonly patch: { readonly value: { readonly route: object } };
    }[];
  };
}

function change(file: string, edit: (document: SeedDocument) => void): ManifestSource {
  const documents = parseAllDocuments(manifest(file).text).map((document) => document.toJS() as SeedDocument);
  documents.forEach(edit);
  return { file: `fixtures/${file}, changed`, text: documents.map((document) => stringify(document)).join('---\n') };
}
