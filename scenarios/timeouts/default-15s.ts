import { scenario } from '#harness/scenario.ts';
import { CAT, lambdaRoute, obedientCat } from '../obedient-cat.ts';

/**
 * Envoy gives a route without `timeout` 15 seconds. Istio writes `timeout: 0s` into its own routes, but nobody does that for one that
 * an EnvoyFilter adds. Lambda knows nothing of the caller's patience: the function runs to its end, and is paid for.
 */
export default scenario('timeouts/default-15s', {
  title: 'A route that an EnvoyFilter adds gives up after 15 s while the function goes on',
  source: ['gateways.md 4.1', 'seed 000', 'seed 001'],
  tags: ['timeout', 'seed-000', 'B48'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = (seconds: number) => forward.get(`/cat?seconds=${seconds}`, { host: 'example.com' });

    await step('GET /cat, whose function takes 20 s, is given up after 15 s', async () => {
      const late = await callCat(20);
      expect(late).toHaveStatus(504);
      expect(late).toHaveBody('upstream request timeout');
      expect(late.durationMs).toBe(15_000);
      expect(late).toBeExplainedBy('route-timeout');
      expect(aws.invocations(CAT)).toHaveLength(0);
    });
    await step('the function runs to its end 5 s later', async () => {
      await expect.eventually(() => aws.invocations(CAT)).toHaveLength(1);
      expect(aws.invocations(CAT)[0]?.durationMs).toBe(20_000);
    });

    await fix('give the route 35 s', () => east.apply(lambdaRoute({ timeout: '35s' })));
    await step('GET /cat waits for the function', async () => {
      await expect.eventually(() => callCat(20), { within: '60s' }).toHaveBody('meow');
      const late = await callCat(40);
      expect(late).toHaveStatus(504);
      expect(late.durationMs).toBe(35_000);
    });

    await fix('give the route all the time there is', () => east.apply(lambdaRoute({ timeout: '0s' })));
    await step('GET /cat waits ten minutes', async () => {
      await expect.eventually(() => callCat(600), { within: '20m' }).toBeAcceptedBy('lambda');
    });
  },
});
