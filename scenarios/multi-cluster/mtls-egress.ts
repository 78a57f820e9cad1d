import { tableLines } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { connectClusters, connectSecurely, SLEEP, twoClusters } from '../two-clusters.ts';

const EGRESS = { namespace: 'istio-egress', labels: { app: 'istio-egressgateway' } };

/** Seed 002 from its first to its last section: until both gateways have their certificates, no request passes between them. */
export default scenario('multi-cluster/mtls-egress', {
  title: 'A pod in one cloud calls a function in another through two gateways and mutual TLS',
  source: ['seed 002'],
  tags: ['mtls'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('send lambda.external through both gateways', () => connectClusters({ eks, gke, clock }));
    await step('istioctl proxy-config routes deploy/istio-egressgateway -n istio-egress', async () => {
      const routes = await gke.proxyConfig(EGRESS, 'route');
      expect(routes.lines).toEqual(tableLines('seed-002/tables/gke-routes.txt'));
    });
    await step('curl lambda.external/hello-world has no way without certificates', async () => {
      const failed = await call();
      expect(failed).toHaveStatus(503);
      expect(failed).toBeExplainedBy('secret-missing');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('give both gateways their certificates', () => connectSecurely({ eks, gke, clock, random }));
    await step('curl lambda.external/hello-world reaches the function', async () => {
      const answer = await call();
      expect(answer).toHaveStatus(200);
      expect(answer.text()).toContain('<p>Hello World from Lambda</p>');
    });
  },
});
