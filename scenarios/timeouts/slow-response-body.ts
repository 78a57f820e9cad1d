import { slowAnswer } from '#harness/faults/network-faults.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT, LAMBDA_ADDRESS, lambdaRoute, obedientCat } from '../obedient-cat.ts';

/**
 * A route's timeout runs until the last byte. When it ends after the first one there is no 504 left to give: the sidecar resets the
 * stream, and the gateway calls that a lost connection.
 */
export default scenario('timeouts/slow-response-body', {
  title: 'A body that arrives for longer than the timeout of the route is cut without a 504',
  source: ['gateways.md 4.1 and 4.3'],
  tags: ['timeout', 'fault'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat?bytes=200000', { host: 'example.com' });

    await fault('let Lambda answer with 10 KB a second', () => east.fault(LAMBDA_ADDRESS, slowAnswer(10_000)));
    await step('GET /cat, 20 s of bytes, is cut after 15 s', async () => {
      const cut = await callCat();
      expect(cut).toHaveStatus(503);
      expect(cut).toBeExplainedBy('route-timeout', { grade: 'consistent' });
      expect(cut.durationMs).toBe(15_000);
      expect(aws.invocations(CAT)[0]?.durationMs).toBe(0);
    });

    await fix('give the route 35 s', () => east.apply(lambdaRoute({ timeout: '35s' })));
    await step('GET /cat arrives whole', async () => {
      await expect.eventually(callCat, { within: '2m' }).toHaveStatus(200);
      const whole = await callCat();
      expect(whole.body).toHaveLength(200_000);
      expect(Math.floor(whole.durationMs / 1000)).toBe(20);
    });
  },
});
