import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { HTTPBIN, oneHttpbin } from '../before-lambda.ts';

/**
 * A connection stays with the filters of the listener that accepted it. The gateway keeps its connections to httpbin, so its next
 * request still meets the old ones; the answer closes that connection. One that carries nothing is closed after 45 s.
 */
export default scenario('sync/drain-keeps-old-connections', {
  title: 'A kept connection leads to the old filters after the new ones serve',
  source: ['gateways.md 5.9, 3', 'seed 000', 'istio/istio#10933'],
  tags: ['sync', 'drain', 'seed-000', 'B57'],
  topology: (words) => oneHttpbin(words),
  async run({ east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat goes to httpbin, over a connection that the gateway keeps', async () =>
      expect(await callCat()).toHaveStatus(404),
    );
    await step('turn /cat into a Lambda call', async () => {
      await east.apply(manifest('seed-000/lambda.yaml'));
      await expect.eventually(() => east.sync(HTTPBIN)).toBeServing();
    });
    await step('GET /cat still goes to httpbin, over the kept connection', async () => {
      await clock.sleep(30_000);
      const old = await callCat();
      expect(old).toHaveStatus(404);
      expect(old).not.toBeServedUpToDate();
      expect(old).toBeExplainedBy('old-connection', { grade: 'likely' });
    });
    await step('GET /cat again reaches the function', async () => expect(await callCat()).toHaveBody('meow'));

    await step('take the Lambda call away', async () => {
      await east.delete({ kind: 'EnvoyFilter', namespace: 'default', name: 'aws-lambda' });
      await expect.eventually(() => east.sync(HTTPBIN)).toBeServing();
    });
    await fix('wait until the old listener has drained', () => clock.sleep(45_000));
    await step('GET /cat goes to httpbin at once', async () => {
      const answer = await callCat();
      expect(answer).toHaveStatus(404);
      expect(answer).toBeServedUpToDate();
    });
  },
});
