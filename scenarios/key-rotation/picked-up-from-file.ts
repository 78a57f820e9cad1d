import { IAMClient } from '@aws-sdk/client-iam';
import { scenario } from '#harness/scenario.ts';
import { FIRST_KEY } from '../lambda-from-istio.ts';
import { createKey, credentialsFile, keysFromWatchedFile, setKeyStatus } from '../rotating-keys.ts';

/** The kubelet swaps the folder, Envoy sees the swap, and the next request is signed with the new key. No pod restarts. */
export default scenario('key-rotation/picked-up-from-file', {
  title: 'A rotated key is picked up from a watched credentials file within a minute',
  source: ['envoyproxy/envoy#37834', 'gateways.md 3.3 and 3.9'],
  tags: ['credentials', 'rotation', 'file', 'B28'],
  topology: keysFromWatchedFile,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.post('/cat', '{}', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('POST /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    const second = await step('create a second key', () => createKey(iam));
    await fix('put it into the Secret', () => east.apply(credentialsFile(second)));
    await step('POST /cat for two minutes', () =>
      expect.always(callCat, { during: '2m', every: '5s' }).toBeAcceptedBy('lambda'),
    );

    await step('deactivate the first key', () => setKeyStatus(iam, FIRST_KEY, 'Inactive'));
    await step('POST /cat goes on with the second key', async () => {
      await expect.always(callCat, { during: '1m', every: '5s' }).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, second.accessKeyId);
      expect(aws.ledger().find(second.accessKeyId)?.gapMs).toBeLessThan(6_000);
    });
  },
});
