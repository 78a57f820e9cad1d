import { blackHole } from '#harness/faults/network-faults.ts';
import { scenario } from '#harness/scenario.ts';
import { connectSecurely, SLEEP, twoClusters } from '../two-clusters.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** No route between the clouds: connects are lost, and each attempt waits for the connect timeout of 10 s. */
export default scenario('multi-cluster/partition-and-recovery', {
  title: 'A partition between the clouds ends in 503, and nothing has to be restarted after it',
  source: ['seed 002, section 1', 'gateways.md 5.3'],
  tags: ['network', 'fault'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    const gateway = await eks.externalHost('istio-ingress/istio-ingressgateway');
    const partition = await fault('cut the clouds apart', () => gke.fault(`${gateway}:443`, blackHole()));
    await step('curl lambda.external/hello-world waits in vain', async () => {
      const failed = await call();
      expect(failed).toHaveStatus(503);
      expect(failed).toBeExplainedBy('connect-timeout');
      expect(failed.durationMs).toBeGreaterThan(CONNECT_TIMEOUT_MS);
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('join them again', () => partition?.[Symbol.dispose]());
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
