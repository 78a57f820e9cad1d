import { IAMClient } from '@aws-sdk/client-iam';
import { scenario } from '#harness/scenario.ts';
import { FIRST_KEY } from '../lambda-from-istio.ts';
import { createKey, credentialsFile, keysFromFile, setKeyStatus } from '../rotating-keys.ts';

/** The kubelet updates the file within a minute. Envoy looks into it once an hour, and a refusal by AWS is no reason to look again. */
export default scenario('key-rotation/one-hour-cache', {
  title: 'A rotated key in the credentials file is ignored until the cache is an hour old',
  source: ['envoyproxy/envoy#37834', 'gateways.md 3.3'],
  tags: ['credentials', 'rotation', 'file', 'B28'],
  topology: keysFromFile,
  async run({ aws, east, step, fault, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('GET /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    const second = await step('create a second key', () => createKey(iam));
    await step('put it into the Secret', () => east.apply(credentialsFile(second)));
    await step('GET /cat for five minutes, still with the first key', async () => {
      await expect.always(callCat, { during: '5m', every: '1m' }).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId);
    });

    await fault('deactivate the first key', () => setKeyStatus(iam, FIRST_KEY, 'Inactive'));
    await step('GET /cat is refused', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(refused).toBeExplainedBy('access-key-inactive');
    });
    await fix('wait until the hour is over', () => clock.sleep(56 * 60_000));
    await step('GET /cat with the second key', async () => {
      expect(await callCat()).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, second.accessKeyId);
      expect(aws.ledger()).toHaveNoUnsignedRequest();
    });
  },
});
