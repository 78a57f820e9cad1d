import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { gatewayRoute, obedientCat } from '../obedient-cat.ts';

/**
 * Istio 1.15.0 to 1.15.3, and 1.16.0, write `max_stream_duration: 0s` into routes without a timeout. Envoy does not look at `timeout` in a route that
 * has one, so a merged timeout is there for everybody to see, and does nothing.
 */
export default scenario('config/merged-timeout', {
  title: 'A timeout that an EnvoyFilter merges into a route has no effect',
  source: ['istio/istio#42035', 'istio/istio#40320'],
  tags: ['envoy-filter', 'timeout', 'B51'],
  topology: (words) => {
    const world = obedientCat(words);
    return { ...world, east: { ...world.east, istioVersion: '1.16.0' } };
  },
  async run({ east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat?seconds=10', { host: 'example.com' });

    await step('merge a timeout of 3 s into the routes of the gateway', async () => {
      await east.apply(manifest('config/merged-timeout.yaml'));
      await clock.sleep(1_000);
    });
    await step('GET /cat, whose function takes 10 s, is answered', async () => {
      const answered = await callCat();
      expect(answered).toHaveStatus(200);
      expect(answered.durationMs).toBeGreaterThanOrEqual(10_000);
    });

    await fix('set the timeout in the VirtualService', async () => {
      await east.apply(gatewayRoute({ timeout: '3s' }));
      await clock.sleep(1_000);
    });
    await step('GET /cat is given up after 3 s', async () => {
      const late = await callCat();
      expect(late).toHaveStatus(504);
      expect(late.durationMs).toBe(3_000);
      expect(late).toBeExplainedBy('route-timeout');
    });
  },
});
