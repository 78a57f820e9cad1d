import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaRoute, obedientCat } from '../obedient-cat.ts';

/**
 * While a function works not a byte moves, so to `stream_idle_timeout` a slow function is a dead stream, whatever the route's timeout
 * says. The route's own `idle_timeout` goes before the listener's.
 */
export default scenario('timeouts/idle-timeout', {
  title: 'A stream on which nothing moves is ended, though the route has no timeout',
  source: ['gateways.md 4.3', 'envoyproxy/envoy docs/root/configuration/best_practices/edge.rst'],
  tags: ['timeout', 'idle'],
  topology: (words) => obedientCat(words, { lambda: lambdaRoute({ timeout: '0s' }) }),
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = (seconds: number) => forward.get(`/cat?seconds=${seconds}`, { host: 'example.com' });

    await step('GET /cat waits 40 s: Istio sets no idle timeout', async () => {
      expect(await callCat(40)).toHaveBody('meow');
    });
    await fault('set stream_idle_timeout to 30 s', () => east.apply(manifest('timeouts/stream-idle-timeout.yaml')));
    await step('GET /cat is ended after 30 s', async () => {
      await expect.eventually(() => callCat(40), { within: '2m' }).toHaveBody('stream timeout');
      const idle = await callCat(40);
      expect(idle).toHaveStatus(408);
      expect(idle.durationMs).toBe(30_000);
      expect(idle).toBeExplainedBy('stream-idle-timeout');
      expect(await callCat(29)).toHaveBody('meow');
    });

    await fix('switch it off for the route', () => east.apply(lambdaRoute({ timeout: '0s', idle_timeout: '0s' })));
    await step('GET /cat waits 40 s again', () =>
      expect.eventually(() => callCat(40), { within: '2m' }).toBeAcceptedBy('lambda'),
    );
  },
});
