import { accessKeySecret, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { ManifestSource } from '#harness/topology.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, lambdaFromIstioWith } from './lambda-from-istio.ts';

/** The function that `/cat` leads to. */
export const CAT_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:hello-world-cat';

/** Seed document 000 with its Lambda configuration in parts, so that each can be left out, changed or added to. */
export function lambdaInParts(words: TopologyWords, ...parts: readonly ManifestSource[]) {
  return lambdaFromIstioWith(words, [
    accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
    manifest('seed-000/httpbin.yaml'),
    manifest('seed-000/gateway.yaml'),
    manifest('signing/cluster-and-route.yaml'),
    ...parts,
  ]);
}

/** The `aws_lambda` filter in the sidecar, for a function. */
export function lambdaFilter(arn: string): ManifestSource {
  return manifest('signing/lambda-filter.yaml', { ARN: arn });
}
