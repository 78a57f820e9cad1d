import { scenario } from '#harness/scenario.ts';
import { CAT, lambdaRoute, obedientCat } from '../obedient-cat.ts';

/** The options of seed 001: 35 s in all, attempts of 10 s. It says "up to three requests", but three retries make four. */
const SEED_001 = { timeout: '35s', retry_policy: { retry_on: '5xx', num_retries: 3, per_try_timeout: '10s' } };

/**
 * Each attempt that is given up leaves an environment starting, and a later one finds it warm. That helps against a slow start,
 * not against a slow function.
 */
export default scenario('timeouts/cold-start-retried-within-35s', {
  title: 'A cold start longer than the timeout is survived by attempts of 10 s within 35 s',
  source: ['seed 001', 'gateways.md 4.1 and 4.2'],
  tags: ['timeout', 'retry', 'cold-start', 'seed-001'],
  topology: (words) => obedientCat(words, { coldStartMs: 18_000 }),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = (path = '/cat') => forward.get(path, { host: 'example.com' });

    await step('GET /cat, whose function starts for 18 s, is given up after 15 s', async () => {
      const late = await callCat();
      expect(late).toHaveStatus(504);
      expect(late.durationMs).toBe(15_000);
      expect(late).toBeExplainedBy('route-timeout');
    });

    await fix('apply the timeouts and retries of seed 001', () => east.apply(lambdaRoute(SEED_001)));
    await step('leave the function alone until its environment is thrown away', () => clock.sleep(15 * 60_000));
    await step('GET /cat is answered by the attempt that finds the first environment warm', async () => {
      const answer = await callCat();
      expect(answer).toBeAcceptedBy('lambda');
      expect(Math.floor(answer.durationMs / 1000)).toBe(20);
      await clock.sleep(30_000);
      expect(aws.invocations(CAT)).toHaveLength(1 + 3);
    });

    await step('a function that takes 40 s is tried at 0, 10, 20 and 30 s and given up at 35 s', async () => {
      const late = await callCat('/cat?seconds=40');
      expect(late).toHaveStatus(504);
      expect(late.durationMs).toBe(35_000);
      expect(late).toBeExplainedBy('route-timeout');
      await clock.sleep(90_000);
      const attempts = aws.invocations(CAT).slice(4);
      const first = Math.min(...attempts.map(({ startedAt }) => startedAt));
      const seconds = attempts.map(({ startedAt }) => Math.floor((startedAt - first) / 1000));
      expect(seconds.sort((a, b) => a - b)).toEqual([0, 10, 20, 30]);
    });
  },
});
