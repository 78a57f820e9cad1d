import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';

/** `PILOT_FILTER_GATEWAY_CLUSTER_CONFIG`, which seed 002 switches on, looks at VirtualServices only: istiod doesn't read what EnvoyFilters say. */
export default scenario('config/unused-clusters-filtered', {
  title: 'A gateway that gets only the clusters it uses lacks the one that an EnvoyFilter uses',
  source: ['seed 002', 'gateways.md 5.3'],
  tags: ['envoy-filter', 'routing', 'B65'],
  topology: ({ kubeCluster }) => ({
    east: kubeCluster('east', {
      istioVersion: '1.17.2',
      dialect: 'envoy-1.25',
      manifests: [manifest('seed-000/httpbin-without-credentials.yaml'), manifest('config/filtered-clusters.yaml')],
    }),
  }),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const getStatus = () => forward.get('/status/200', { host: 'example.com' });

    await step('GET /status/200 has a route and no upstream cluster', async () => {
      const lost = await getStatus();
      expect(lost).toHaveStatus(503);
      expect(lost).toBeExplainedBy('no-cluster');
    });
    await fix('bind a VirtualService that names httpbin', () =>
      east.apply(manifest('config/bound-virtual-service.yaml')),
    );
    await step('GET /status/200 reaches httpbin', () =>
      expect.eventually(getStatus, { within: '3s' }).toHaveStatus(200),
    );
  },
});
