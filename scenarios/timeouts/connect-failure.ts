import { blackHole, refuseConnect } from '#harness/faults/network-faults.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT, gatewayRoute, LAMBDA_ADDRESS, lambdaRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

const BODY = /^upstream connect error or disconnect\/reset before headers\. reset reason: connection failure/;

/**
 * A connect that fails has invoked nothing, so it can be tried again without harm. A refusal shows at once; a lost packet shows only
 * when `connect_timeout`, 5 s in the seed's cluster, is over.
 */
export default scenario('timeouts/connect-failure', {
  title: 'A connect that fails is 503 UF, and safe to try again',
  source: ['gateways.md 4.2 and 4.3', 'seed 000'],
  tags: ['retry', 'fault', 'connection'],
  topology: (words) => obedientCat(words, { gateway: gatewayRoute({ retries: { attempts: 0 } }) }),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat while Lambda refuses connections', async () => {
      using _ = await east.fault(LAMBDA_ADDRESS, refuseConnect());
      const failed = await callCat();
      expect(failed).toHaveStatus(503);
      expect(failed).toHaveBody(BODY);
      expect(failed).toBeExplainedBy('connection-refused');
      expect(failed.durationMs).toBe(0);
    });
    await step('GET /cat while connections to Lambda are lost', async () => {
      using _ = await east.fault(LAMBDA_ADDRESS, blackHole());
      const failed = await callCat();
      expect(failed).toHaveStatus(503);
      expect(failed).toHaveBody(BODY);
      expect(failed).toBeExplainedBy('connect-timeout');
      expect(failed.durationMs).toBe(5_000);
      expect(aws.invocations(CAT)).toHaveLength(0);
    });

    await fix('try again on connect-failure', () =>
      east.apply(lambdaRoute({ retry_policy: { retry_on: 'connect-failure', num_retries: 2 } })),
    );
    await step('GET /cat outlives 7 s without a network, and invokes once', async () => {
      await clock.sleep(PUSH_MS);
      const fault = await east.fault(LAMBDA_ADDRESS, blackHole());
      const answer = callCat();
      await clock.sleep(7_000);
      fault[Symbol.dispose]();
      expect(await answer).toBeAcceptedBy('lambda');
      expect(aws.invocations(CAT)).toHaveLength(1);
    });
  },
});
