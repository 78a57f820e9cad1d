import { scenario } from '#harness/scenario.ts';
import { CAT, gatewayRoute, obedientCat, PUSH_MS } from '../obedient-cat.ts';

/**
 * Istio before 1.24 retries 503 answers twice, POST or not. To the gateway a function that answers 503 after its work is done is the
 * same as a server that never got the request.
 */
export default scenario('timeouts/retry-repeats-the-invocation', {
  title: 'The default retries of a VirtualService invoke a function three times for one POST',
  source: ['istio/istio#50506', 'gateways.md 4.2 and 5.2'],
  tags: ['retry', 'virtual-service', 'B50', 'B52'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, clock, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const order = (status: number) => forward.post(`/cat?status=${status}`, 'one tin of tuna', { host: 'example.com' });

    await step('POST /cat, answered 503 by its function, runs it three times', async () => {
      const failed = await order(503);
      expect(failed).toHaveStatus(503);
      expect(failed).toBeExplainedBy('function-answered');
      expect(aws.invocations(CAT)).toHaveLength(3);
      for (const { event } of aws.invocations(CAT)) expect(event).toMatchObject({ method: 'POST' });
    });
    await step('POST /cat, answered 500, runs it once', async () => {
      expect(await order(500)).toHaveStatus(500);
      expect(aws.invocations(CAT)).toHaveLength(4);
    });

    await fix('switch retries off in the VirtualService', () => east.apply(gatewayRoute({ retries: { attempts: 0 } })));
    await step('POST /cat runs the function once', async () => {
      await clock.sleep(PUSH_MS);
      expect(await order(503)).toHaveStatus(503);
      expect(aws.invocations(CAT)).toHaveLength(5);
    });
  },
});
