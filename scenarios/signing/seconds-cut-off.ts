import type { KubeCluster } from '#harness/backends/backend.ts';
import { scenario } from '#harness/scenario.ts';
import { INVOKE_CAT, LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signingMesh, signRequests } from '../signed-lambda.ts';

const MINUTE_MS = 60_000;
const BUSY_MS = 250_000;
const INVOKE_BUSY = INVOKE_CAT.replace('hello-world-cat', 'busy');
const oneConnection = signRequests({
  cluster: { circuit_breakers: { thresholds: [{ max_connections: 1 }] } },
  route: { timeout: '0s' },
});

/**
 * Up to the 1.32 line Envoy writes `00` for the seconds of `x-amz-date`. What it signs at 12:00:59 looks a minute old at once, so that
 * Lambda's five minutes are four: here for a request that waits while the only connection is busy.
 */
export default scenario('signing/seconds-cut-off', {
  title: 'A request that is signed late in a minute expires almost a minute early',
  source: ['gateways.md 2.6', 'aws.md 1.10'],
  tags: ['signature', 'date', 'version', 'B16'],
  topology: (words) => ({
    aws: accountWithCat(words, {
      busy: { timeoutSeconds: 900, handler: (_, { clock }) => clock.sleep(BUSY_MS).then(() => 'done') },
    }),
    east: words.kubeCluster('east', signingMesh('envoy-1.30', [oneConnection])),
    west: words.kubeCluster('west', signingMesh('envoy-1.34', [oneConnection])),
  }),
  async run({ east, west, step, fix, expect, clock }) {
    const invokeLate = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      await clock.sleep(MINUTE_MS - (clock.now() % MINUTE_MS) - 1_000);
      const invoke = (path: string) => forward.post(path, '{}', { host: LAMBDA_HOST });
      const [, late] = await Promise.all([invoke(INVOKE_BUSY), clock.sleep(10).then(() => invoke(INVOKE_CAT))]);
      return late;
    };
    let cluster = east;

    await step('invoke at second 59, and wait four minutes for a connection', async () => {
      const refused = await invokeLate(cluster);
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toHaveBody(/Signature expired: \d{8}T\d{4}00Z is now earlier than /);
      expect(refused).toBeExplainedBy('clock-skew');
    });

    await fix('upgrade to Envoy 1.34, which writes the seconds', () => {
      cluster = west;
    });
    await step('invoke at second 59 again', async () => expect(await invokeLate(cluster)).toBeAcceptedBy('lambda'));
  },
});
