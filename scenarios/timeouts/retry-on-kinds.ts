import { scenario } from '#harness/scenario.ts';
import { CAT, gatewayRoute, lambdaRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

/** For each `retryOn`, which answers of the function are asked for again, and which are not. */
const ROWS = [
  { retryOn: '5xx', retried: [500, 503], kept: [404, 429] },
  { retryOn: 'gateway-error', retried: [502, 503, 504], kept: [500] },
  { retryOn: 'retriable-4xx', retried: [409], kept: [404, 429, 500] },
  { retryOn: '429', retried: [429], kept: [503] },
  { retryOn: 'connect-failure,refused-stream,reset', retried: [], kept: [500, 503] },
];

/**
 * Retries look at what a proxy's upstream answered. The gateway sees what the function says; the sidecar, whose filter unwraps the
 * answer only on the way back, sees Lambda's 200 and has nothing to retry.
 */
export default scenario('timeouts/retry-on-kinds', {
  title: 'Each kind of retry asks again for its own answers, and only where they are seen',
  source: ['gateways.md 4.2', 'gateways.md 1.8'],
  tags: ['retry', 'matrix'],
  topology: (words) =>
    obedientCat(words, {
      lambda: lambdaRoute({ retry_policy: { retry_on: '5xx', num_retries: 2 } }),
      gateway: gatewayRoute({ retries: { attempts: 0 } }),
    }),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const countInvocations = async (status: number) => {
      const before = aws.invocations(CAT).length;
      expect(await forward.get(`/cat?status=${status}`, { host: 'example.com' })).toHaveStatus(status);
      return aws.invocations(CAT).length - before;
    };

    await step('retry on 5xx in the sidecar: a function that answers 500 runs once', async () => {
      expect(await countInvocations(500)).toBe(1);
    });
    for (const { retryOn, retried, kept } of ROWS) {
      await fix(`retryOn ${retryOn} in the VirtualService`, () =>
        east.apply(gatewayRoute({ retries: { attempts: 2, retryOn } })),
      );
      await step(`${retried.join(', ') || 'no answer'} retried`, async () => {
        await clock.sleep(PUSH_MS);
        for (const status of retried) expect([status, await countInvocations(status)]).toEqual([status, 3]);
        for (const status of kept) expect([status, await countInvocations(status)]).toEqual([status, 1]);
      });
    }
  },
});
