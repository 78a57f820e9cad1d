import { scenario } from '#harness/scenario.ts';
import { SIGNING_POD } from '../rotating-keys.ts';
import { webIdentity } from '../web-identity.ts';

/**
 * Envoy forgets the old keys when it cannot renew them, and tries again only after the time it uses when an answer names no expiry:
 * 3595 s. The first fetch of a process would be repeated after two seconds.
 */
export default scenario('key-rotation/refresh-fails-once', {
  title: 'One refusal by STS when keys are renewed leaves an hour of requests unsigned',
  source: ['envoyproxy/envoy#41047', 'gateways.md 3.8'],
  tags: ['credentials', 'rotation', 'web-identity', 'sts', 'B30'],
  topology: (words) => webIdentity(words),
  async run({ aws, east, step, fault, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat with keys for the role', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    await fault('let STS refuse the next request', () =>
      aws.fail('sts', { kind: 'status', status: 400 }, { times: 1 }),
    );
    await step('wait until the keys have been renewed', () => clock.sleep(61 * 60_000));
    await step('GET /cat leaves unsigned for half an hour', async () => {
      await expect
        .always(callCat, { during: '30m', every: '10m' })
        .toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(await callCat()).toBeExplainedBy('no-credentials');
    });

    await fix('restart the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('GET /cat with new keys', async () => {
      await expect.eventually(callCat).toBeAcceptedBy('lambda');
      expect(aws.ledger().keys).toHaveLength(2);
      expect(aws.ledger()).not.toHaveNoUnsignedRequest();
    });
  },
});
