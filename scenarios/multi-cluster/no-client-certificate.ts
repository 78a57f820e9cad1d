import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { applyAndPush, connectSecurely, lambdaHost, SLEEP, twoClusters } from '../two-clusters.ts';

/** A server says that it wants a certificate only after the client is through: TLS 1.3 looks connected, then breaks. */
export default scenario('multi-cluster/no-client-certificate', {
  title: 'A gateway with mutual TLS refuses a caller that shows no certificate',
  source: ['seed 002, section 4', 'gateways.md 5.4'],
  tags: ['mtls'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await fault('let the egress gateway speak TLS without a certificate', () =>
      applyAndPush(gke, clock, [manifest('multi-cluster/no-client-certificate.yaml')]),
    );
    await step('curl lambda.external/hello-world is refused', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused).toBeExplainedBy('client-certificate-missing', { grade: 'consistent' });
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('show a certificate again', async () => applyAndPush(gke, clock, [await lambdaHost(eks)]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
