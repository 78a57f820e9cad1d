import { scenario } from '#harness/scenario.ts';
import { CAT, lambdaRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

interface Row {
  readonly timeout: string;
  readonly perTry?: string;
  readonly retries: number;
  /** How long the function takes. */
  readonly seconds: number;
  readonly status: number;
  /** When the answer comes, but for the pauses between attempts, which are random below 25, 50 and 100 ms. */
  readonly afterMs: number;
  readonly invocations: number;
  readonly cause?: string;
}

const ROWS: readonly Row[] = [
  { timeout: '35s', retries: 0, seconds: 20, status: 200, afterMs: 20_000, invocations: 1 },
  { timeout: '35s', perTry: '10s', retries: 3, seconds: 5, status: 200, afterMs: 5_000, invocations: 1 },
  {
    timeout: '35s',
    perTry: '10s',
    retries: 0,
    seconds: 20,
    status: 504,
    afterMs: 10_000,
    invocations: 1,
    cause: 'per-try-timeout',
  },
  {
    timeout: '35s',
    perTry: '10s',
    retries: 3,
    seconds: 20,
    status: 504,
    afterMs: 35_000,
    invocations: 4,
    cause: 'route-timeout',
  },
  {
    timeout: '0s',
    perTry: '10s',
    retries: 3,
    seconds: 20,
    status: 504,
    afterMs: 40_000,
    invocations: 4,
    cause: 'per-try-timeout',
  },
  {
    timeout: '15s',
    perTry: '20s',
    retries: 1,
    seconds: 30,
    status: 504,
    afterMs: 15_000,
    invocations: 1,
    cause: 'route-timeout',
  },
];

/**
 * The route's timeout bounds all attempts with their pauses and is never retried. A per-try timeout is retried, and one that is not
 * below the route's counts as none. What is given up goes on at Lambda, so each attempt is an invocation.
 */
export default scenario('timeouts/per-try-and-route', {
  title: 'The timeout of a try and of the route meet in six ways',
  source: ['gateways.md 4.1 and 4.2', 'seed 001', 'istio/istio#13167'],
  tags: ['timeout', 'retry', 'matrix'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, clock, step, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    for (const { timeout, perTry, retries, seconds, status, afterMs, invocations, cause } of ROWS) {
      const limits = `timeout ${timeout}, per try ${perTry ?? 'none'}, ${retries} retries`;
      await step(`${limits}: ${seconds} s give ${status} after ${afterMs / 1000} s`, async () => {
        const retryPolicy = { retry_on: '5xx', num_retries: retries, ...(perTry && { per_try_timeout: perTry }) };
        await east.apply(lambdaRoute({ timeout, retry_policy: retryPolicy }));
        await clock.sleep(PUSH_MS);
        const before = aws.invocations(CAT).length;
        const answer = await forward.get(`/cat?seconds=${seconds}`, { host: 'example.com' });
        expect(answer).toHaveStatus(status);
        expect(answer.durationMs - afterMs).toBeGreaterThanOrEqual(0);
        expect(answer.durationMs - afterMs).toBeLessThan(25 + 50 + 100);
        if (cause !== undefined) expect(answer).toBeExplainedBy(cause);
        await clock.sleep(seconds * 1_000);
        expect(aws.invocations(CAT).length - before).toBe(invocations);
      });
    }
  },
});
