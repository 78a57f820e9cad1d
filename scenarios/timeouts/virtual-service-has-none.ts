import { scenario } from '#harness/scenario.ts';
import { gatewayRoute, lambdaRoute, obedientCat } from '../obedient-cat.ts';

/**
 * Istio writes `timeout: 0s` into every route of a VirtualService that names none, so the gateway never was what gave up: once the
 * route to Lambda has no limit either, a caller waits as long as the function takes.
 */
export default scenario('timeouts/virtual-service-has-none', {
  title: 'A VirtualService without a timeout waits as long as the function takes',
  source: ['gateways.md 4.1 and 5.2', 'istio/istio#13167'],
  tags: ['timeout', 'virtual-service'],
  topology: (words) =>
    obedientCat(words, { lambda: lambdaRoute({ timeout: '0s' }), gateway: gatewayRoute({ timeout: '30s' }) }),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat?seconds=40', { host: 'example.com' });

    await step('GET /cat, whose function takes 40 s, while the VirtualService says 30 s', async () => {
      const late = await callCat();
      expect(late).toHaveStatus(504);
      expect(late).toHaveBody('upstream request timeout');
      expect(late.durationMs).toBe(30_000);
      expect(late).toBeExplainedBy('route-timeout');
    });

    await fix('take the timeout out of the VirtualService', () => east.apply(gatewayRoute()));
    await step('GET /cat waits 40 s', async () => {
      await expect.eventually(callCat, { within: '2m' }).toHaveStatus(200);
      const answer = await callCat();
      expect(answer).toBeAcceptedBy('lambda');
      expect(answer.durationMs).toBe(40_000);
    });
  },
});
