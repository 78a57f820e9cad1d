import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/**
 * Before 1.15 Istio's virtual host for `*.example.com` had the domains `*.example.com` and `*.example.com:80`. Through a forwarded port
 * Host is `cats.example.com:9080`, which is neither.
 */
export default scenario('routing/port-in-authority-404', {
  title: 'A forwarded port in Host misses the virtual host of a wildcard',
  source: ['istio/istio#6469', 'istio/istio#15221', 'gateways.md 4.7 and 9.4'],
  tags: ['routing', 'host', 'B53'],
  topology: lambdaFromIstio,
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const getStatus = (host: string) => forward.get('/status/200', { host });

    await step('serve *.example.com only', () => east.apply(manifest('routing/wildcard-host.yaml')));
    await step('GET with Host cats.example.com:9080 is 404', async () => {
      await expect.eventually(() => getStatus('example.org'), { within: '3s' }).toHaveStatus(404);
      const lost = await getStatus('cats.example.com:9080');
      expect(lost).toHaveStatus(404);
      expect(lost).toBeExplainedBy('no-route');
    });
    await step('GET without the port, or with the one of the server, is 200', async () => {
      expect(await getStatus('cats.example.com')).toHaveStatus(200);
      expect(await getStatus('cats.example.com:80')).toHaveStatus(200);
    });

    await fix('strip the port at the gateway', () => east.apply(manifest('routing/strip-port-at-gateway.yaml')));
    await step('GET with Host cats.example.com:9080 is 200', () =>
      expect.eventually(() => getStatus('cats.example.com:9080'), { within: '3s' }).toHaveStatus(200),
    );
  },
});
