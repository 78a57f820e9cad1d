import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { applyAndPush, connectSecurely, lambdaHost, SLEEP, twoClusters } from '../two-clusters.ts';

/** The Gateway's `hosts` choose the filter chain by SNI, before any certificate or Host header is looked at. */
export default scenario('multi-cluster/sni-mismatch', {
  title: 'A gateway closes a TLS connection whose SNI is none of its hosts',
  source: ['seed 002, section 5', 'gateways.md 5.5'],
  tags: ['mtls', 'sni'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await fault('ask for another name', () => applyAndPush(gke, clock, [manifest('multi-cluster/sni-mismatch.yaml')]));
    await step('curl lambda.external/hello-world finds no filter chain', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused).toBeExplainedBy('no-filter-chain', { grade: 'consistent' });
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('ask for lambda.external again', async () => applyAndPush(gke, clock, [await lambdaHost(eks)]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
