import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { connectSecurely, SLEEP, twoClusters } from '../two-clusters.ts';

const CURL = { labels: { app: 'curl' } };

/** The name of an internal load balancer resolves everywhere, to addresses that nothing outside the VPC reaches. */
export default scenario('multi-cluster/load-balancer-outside-vpc', {
  title: 'Connecting to an internal load balancer from another cloud times out',
  source: ['seed 002, section 1'],
  tags: ['network'],
  topology: (words) => twoClusters(words, { gke: { manifests: [manifest('multi-cluster/curl.yaml')] } }),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    await step('curl https://alb.jesus2.solo.io tries three addresses in vain', async () => {
      const failure = await gke
        .exec(CURL)
        .get('https://alb.jesus2.solo.io')
        .catch((error: unknown) => error);
      expect(String(failure)).toContain(
        "Failed to connect to alb.jesus2.solo.io port 443 after 225000 ms: Couldn't connect to server",
      );
      expect(failure).toBeExplainedBy('connect-timeout');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await step('curl lambda.external/hello-world reaches the function through the gateway in the VPC', async () =>
      expect(await gke.exec(SLEEP).get('lambda.external/hello-world')).toHaveStatus(200),
    );
  },
});
