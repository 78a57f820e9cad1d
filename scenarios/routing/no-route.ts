import { scenario } from '#harness/scenario.ts';
import { gatewayRoute, obedientCat } from '../obedient-cat.ts';

/** A gateway's own 404 has no body and no trace behind it. An application's 404 has come all the way. */
export default scenario('routing/no-route', {
  title: 'A path that no VirtualService names is 404 NR at the gateway',
  source: ['gateways.md 4.3', 'seed 000'],
  tags: ['routing', 'virtual-service'],
  topology: (words) => obedientCat(words),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string) => forward.get(path, { host: 'example.com' });

    await step('GET /anything/mouse is 404 at the gateway', async () => {
      const lost = await get('/anything/mouse');
      expect(lost).toHaveStatus(404);
      expect(lost).toHaveBody('');
      expect(lost).toBeExplainedBy('no-route');
      expect(lost).not.toHaveHeader('x-envoy-upstream-service-time');
    });
    await step('GET /status/404 is 404 in httpbin', async () => {
      const answered = await get('/status/404');
      expect(answered).toHaveStatus(404);
      expect(answered).toHaveHeader('x-envoy-upstream-service-time');
      expect(answered).not.toBeExplainedBy('no-route');
    });

    await fix('route every path', () => east.apply(gatewayRoute({ match: [{ uri: { prefix: '/' } }] })));
    await step('GET /anything/mouse reaches httpbin', () =>
      expect.eventually(() => get('/anything/mouse'), { within: '3s' }).toHaveStatus(200),
    );
  },
});
