import type { KubeCluster } from '#harness/backends/backend.ts';
import { lambdaFunction } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INVOKE_CAT, LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signAttempts, signingMesh } from '../signed-lambda.ts';

/** Attempts at 0, 2 and 4 s: the last one finds the environment that the first one has started. */
const RETRIES = { retry_policy: { retry_on: '5xx', num_retries: 2, per_try_timeout: '2s' } };
const COLD_CAT = { ...lambdaFunction('hello-world-cat'), coldStartMs: 3_000 };

/**
 * A filter in the cluster signs every attempt, and every attempt begins with the headers of the one before. Up to 1.30 Envoy adds its date
 * and authorization to those that are there: a retry has two of each. From 1.31 on it replaces them.
 */
export default scenario('signing/retry-signed-again', {
  title: 'A retry is refused when the cluster adds a second signature to it',
  source: ['envoyproxy/envoy#35075', 'envoyproxy/envoy#35082', 'gateways.md 2.6 and 2.7'],
  tags: ['signature', 'retry', 'cold-start', 'version', 'upstream-filter', 'B06'],
  topology: (words) => ({
    aws: accountWithCat(words, { 'hello-world-cat': COLD_CAT }),
    east: words.kubeCluster('east', signingMesh('envoy-1.30', [signAttempts({ route: RETRIES })])),
    west: words.kubeCluster('west', signingMesh('envoy-1.34', [signAttempts({ route: RETRIES })])),
  }),
  async run({ east, west, clock, step, fix, expect }) {
    const invokeOn = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.post(INVOKE_CAT, '{}', { host: LAMBDA_HOST });
    };
    let cluster = east;

    await step('invoke a cold function: the attempt after 2 s is signed twice', async () => {
      const refused = await invokeOn(cluster);
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toBeExplainedBy('malformed-authorization');
      expect(Math.floor(refused.durationMs / 1000)).toBe(2);
    });
    await step('leave the function alone until its environment is thrown away', () => clock.sleep(15 * 60_000));

    await fix('upgrade to Envoy 1.34, which replaces a signature', () => {
      cluster = west;
    });
    await step('invoke it: the third attempt finds it warm', async () => {
      const answer = await invokeOn(cluster);
      expect(answer).toBeAcceptedBy('lambda');
      expect(Math.floor(answer.durationMs / 1000)).toBe(4);
    });
  },
});
