import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** What counts is the namespace of the gateway's pod, not that of the Gateway which the VirtualService names. */
export default scenario('config/private-virtual-service', {
  title: 'A VirtualService that is exported to its own namespace only is unknown to the gateway',
  source: ['istio/istio#35430', 'gateways.md 5.3'],
  tags: ['routing', 'virtual-service', 'B64'],
  topology: lambdaFromIstio,
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const getStatus = () => forward.get('/status/200', { host: 'example.com' });

    await step('GET /status/200 is 200', async () => expect(await getStatus()).toHaveStatus(200));
    await fault('export the VirtualService to "." only', () =>
      east.apply(manifest('config/private-virtual-service.yaml')),
    );
    await step('GET /status/200 is 404', async () => {
      await expect.eventually(getStatus, { within: '3s' }).toHaveStatus(404);
      expect(await getStatus()).toBeExplainedBy('no-route');
    });
    await step('istioctl proxy-config routes deploy/istio-ingressgateway -n istio-system', async () => {
      const gateway = { namespace: 'istio-system', labels: { istio: 'ingressgateway' } };
      const routes = await east.proxyConfig(gateway, 'route');
      expect(routes.lines[1]).toMatch(/^http\.8080 +\* +\/\* +404$/);
    });

    await fix('export it to every namespace', () => east.apply(manifest('seed-000/gateway.yaml')));
    await step('GET /status/200 is 200 again', () => expect.eventually(getStatus, { within: '3s' }).toHaveStatus(200));
  },
});
