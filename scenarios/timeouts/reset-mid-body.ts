import { cutAfter, slowAnswer } from '#harness/faults/network-faults.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT, gatewayRoute, LAMBDA_ADDRESS, obedientCat, PUSH_MS } from '../obedient-cat.ts';

/**
 * The sidecar has Lambda's 200 when the connection breaks, and no status left to give: it resets its own caller. Whether the gateway
 * may ask again depends on what it has got so far, which is nothing while the filter collects the body, and a head for anything else.
 */
export default scenario('timeouts/reset-mid-body', {
  title: 'An answer that breaks off is a lost connection to the gateway, and half an answer to its caller',
  source: ['gateways.md 1.8, 4.2 and 4.3'],
  tags: ['retry', 'fault', 'connection'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, clock, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string) => forward.get(path, { host: 'example.com' });
    const callCat = () => get('/cat?bytes=200000');

    const cut = await fault('cut answers of Lambda after 100 KB', () => east.fault(LAMBDA_ADDRESS, cutAfter(100_000)));
    await step('GET /cat is 503 UC, though the function has run', async () => {
      const broken = await callCat();
      expect(broken).toHaveStatus(503);
      expect(broken).toHaveBody(/disconnect\/reset before headers\. reset reason: connection termination$/);
      expect(broken).toBeExplainedBy('answer-broken-off', { grade: 'consistent' });
      expect(aws.invocations(CAT)).toHaveLength(1);
    });
    await step('retryOn reset runs the function three times', async () => {
      await east.apply(gatewayRoute({ retries: { attempts: 2, retryOn: 'reset' } }));
      await clock.sleep(PUSH_MS);
      const retried = await callCat();
      expect(retried).toHaveBody(/retried and the latest reset reason: connection termination$/);
      expect(retried).toBeExplainedBy('answer-broken-off', { grade: 'consistent' });
      expect(aws.invocations(CAT)).toHaveLength(1 + 3);
    });
    await step('an answer that was passed on as it came is never retried', async () => {
      using _ = await east.fault('127.0.0.1:80', slowAnswer(100));
      using __ = await east.fault('127.0.0.1:80', cutAfter(250));
      const outcome = await get('/headers').catch((error: unknown) => error);
      expect(String(outcome)).toMatch(/aborted|ECONNRESET/);
      expect(outcome).toBeExplainedBy('answer-broken-off', { grade: 'likely' });
    });

    await fix('let answers pass whole', () => cut?.[Symbol.dispose]());
    await step('GET /cat has its 200 KB', async () => {
      const whole = await callCat();
      expect(whole).toBeAcceptedBy('lambda');
      expect(whole.body).toHaveLength(200_000);
    });
  },
});
