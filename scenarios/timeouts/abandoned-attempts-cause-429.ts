import { scenario } from '#harness/scenario.ts';
import { CAT, lambdaRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

/**
 * A gateway that gives up an attempt does not stop the function. With a concurrency of two, the third attempt of one single caller
 * finds both places taken by his own first two, and 429 is no 5xx: it is not retried.
 */
export default scenario('timeouts/abandoned-attempts-cause-429', {
  title: 'Attempts that were given up use up the concurrency of the function',
  source: ['seed 001', 'gateways.md 4.2', 'aws.md 2.5'],
  tags: ['timeout', 'retry', 'throttle'],
  topology: (words) =>
    obedientCat(words, {
      reservedConcurrency: 2,
      lambda: lambdaRoute({
        timeout: '35s',
        retry_policy: { retry_on: '5xx', num_retries: 3, per_try_timeout: '10s' },
      }),
    }),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat?seconds=30', { host: 'example.com' });

    await step('GET /cat, whose function takes 30 s, ends in 429 after two attempts of 10 s', async () => {
      const throttled = await callCat();
      expect(throttled).toHaveStatus(429);
      expect(throttled).toHaveHeader('x-amzn-errortype', /TooManyRequestsException/);
      expect(throttled).toBeExplainedBy('function-throttled');
      expect(Math.floor(throttled.durationMs / 1000)).toBe(20);
      expect(aws.invocations(CAT)).toHaveLength(0);
    });
    await step('both attempts run to their end', async () => {
      await clock.sleep(20_000);
      expect(aws.invocations(CAT)).toHaveLength(2);
    });

    await fix('give one attempt the whole 35 s', () => east.apply(lambdaRoute({ timeout: '35s' })));
    await step('GET /cat is one invocation', async () => {
      await clock.sleep(PUSH_MS);
      expect(await callCat()).toHaveStatus(200);
      expect(aws.invocations(CAT)).toHaveLength(3);
    });
  },
});
