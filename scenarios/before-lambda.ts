import { accessKeySecret, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { ManifestSource } from '#harness/topology.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, lambdaFromIstioWith } from './lambda-from-istio.ts';

/** The pods of the ingress gateway. */
export const INGRESS = { namespace: 'istio-system', labels: { istio: 'ingressgateway' } };
/** The pods whose sidecars turn `/cat` into a Lambda call, once they are told to. */
export const HTTPBIN = { namespace: 'default', labels: { app: 'httpbin' } };

/** The world of seed document 000 with two httpbin pods, before its EnvoyFilter is applied. */
export function twoHttpbins(words: TopologyWords) {
  return lambdaFromIstioWith(words, [
    accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
    scaled(manifest('seed-000/httpbin.yaml'), 2),
    manifest('seed-000/gateway.yaml'),
  ]);
}

/** The same with one httpbin pod, and more manifests in place of or on top of the seed's. */
export function oneHttpbin(words: TopologyWords, manifests: readonly ManifestSource[] = []) {
  return lambdaFromIstioWith(words, [
    accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
    manifest('seed-000/httpbin.yaml'),
    manifest('seed-000/gateway.yaml'),
    ...manifests,
  ]);
}

function scaled({ file, text }: ManifestSource, replicas: number): ManifestSource {
  return { file: `${file}, scaled`, text: text.replace('replicas: 1', `replicas: ${replicas}`) };
}
