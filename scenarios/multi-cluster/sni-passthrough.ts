import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { applyAndPush, connectClusters, SLEEP, twoClusters } from '../two-clusters.ts';

/** A gateway that passes TLS on must not begin its own: the DestinationRule that the seed needs there wraps TLS in TLS. */
export default scenario('multi-cluster/sni-passthrough', {
  title: 'TLS that a gateway passes through fails when a DestinationRule wraps it in TLS again',
  source: ['seed 002, section 6', 'gateways.md 5.4'],
  tags: ['mtls', 'sni'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fix, expect, clock }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('connect the clusters by TLS from the egress gateway to the load balancer', async () => {
      await eks.apply(manifest('multi-cluster/passthrough.yaml'));
      await connectClusters({ eks, gke, clock });
      await applyAndPush(gke, clock, [manifest('multi-cluster/tls-to-the-load-balancer.yaml')]);
    });
    await step('curl lambda.external/hello-world gets no connection', async () => {
      const failed = await call();
      expect(failed).toHaveStatus(503);
      expect(failed).toBeExplainedBy('tls-mismatch');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('take the DestinationRule of the ingress gateway away', async () => {
      await eks.delete({ kind: 'DestinationRule', namespace: 'istio-ingress', name: 'dr-alb-ext' });
      await applyAndPush(eks, clock, []);
    });
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
