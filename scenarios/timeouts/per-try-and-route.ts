import { scenario } from '#harness/scenario.ts';
import { CAT, lambdaRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

type Row = readonly [
  timeout: string,
  perTry: string,
  retries: number,
  functionSeconds: number,
  status: number,
  afterSeconds: number,
  invocations: number,
  cause?: string,
];

const ROWS: readonly Row[] = [
  ['35s', '0s', 0, 20, 200, 20, 1],
  ['35s', '10s', 3, 5, 200, 5, 1],
  ['35s', '10s', 0, 20, 504, 10, 1, 'per-try-timeout'],
  ['35s', '10s', 3, 20, 504, 35, 4, 'route-timeout'],
  ['0s', '10s', 3, 20, 504, 40, 4, 'per-try-timeout'],
  ['15s', '20s', 1, 30, 504, 15, 1, 'route-timeout'],
];
/** Pauses between attempts are random, below 25, 50 and 100 ms. */
const LONGEST_PAUSES_MS = 25 + 50 + 100;

/**
 * The route's timeout bounds all attempts with their pauses and is never retried. A per-try timeout is retried, and one that is not
 * below the route's counts as none. What is given up goes on at Lambda, so each attempt is an invocation.
 */
export default scenario('timeouts/per-try-and-route', {
  title: 'The timeout of a try and of the route meet in six ways',
  source: ['gateways.md 4.1 and 4.2', 'seed 001', 'istio/istio#13167'],
  tags: ['timeout', 'retry', 'matrix', 'B49'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    for (const [timeout, perTry, retries, functionSeconds, status, afterSeconds, invocations, cause] of ROWS) {
      const limits = `timeout ${timeout}, per try ${perTry}, ${retries} retries`;
      const retryPolicy = { retry_on: '5xx', num_retries: retries, per_try_timeout: perTry };
      await fix(`set ${limits}`, () => east.apply(lambdaRoute({ timeout, retry_policy: retryPolicy })));
      await step(`${functionSeconds} s give ${status} after ${afterSeconds} s`, async () => {
        await clock.sleep(PUSH_MS);
        const before = aws.invocations(CAT).length;
        const answer = await forward.get(`/cat?seconds=${functionSeconds}`, { host: 'example.com' });
        expect(answer).toHaveStatus(status);
        const pausesMs = answer.durationMs - afterSeconds * 1_000;
        expect(pausesMs).toBeGreaterThanOrEqual(0);
        expect(pausesMs).toBeLessThan(LONGEST_PAUSES_MS);
        if (cause !== undefined) expect(answer).toBeExplainedBy(cause);
        await clock.sleep(functionSeconds * 1_000);
        expect(aws.invocations(CAT).length - before).toBe(invocations);
      });
    }
  },
});
