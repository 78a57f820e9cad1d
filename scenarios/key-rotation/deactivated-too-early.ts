import { IAMClient } from '@aws-sdk/client-iam';
import { scenario } from '#harness/scenario.ts';
import { FIRST_KEY } from '../lambda-from-istio.ts';
import { createKey, credentialsFile, keysFromWatchedFile, setKeyStatus } from '../rotating-keys.ts';

/** Even where the file is watched the kubelet takes its minute: who deactivates the old key at once cuts that minute out. */
export default scenario('key-rotation/deactivated-too-early', {
  title: 'A key deactivated before the new one has reached the pod is refused until it is activated again',
  source: ['gateways.md 3.9', 'aws.md 4.6'],
  tags: ['credentials', 'rotation', 'file'],
  topology: keysFromWatchedFile,
  async run({ aws, east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.post('/cat', '{}', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('POST /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    const second = await step('create a second key and put it into the Secret', async () => {
      const key = await createKey(iam);
      await east.apply(credentialsFile(key));
      return key;
    });
    await fault('deactivate the first key at once', () => setKeyStatus(iam, FIRST_KEY, 'Inactive'));
    await step('POST /cat is refused for ten seconds', async () => {
      await expect
        .always(callCat, { during: '10s', every: '5s' })
        .toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(await callCat()).toBeExplainedBy('access-key-inactive');
    });

    await fix('activate the first key again', () => setKeyStatus(iam, FIRST_KEY, 'Active'));
    await step('POST /cat is accepted, from some moment on with the second key', async () => {
      await expect.always(callCat, { during: '1m', every: '5s' }).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, second.accessKeyId);
      expect(aws.ledger().find(second.accessKeyId)?.failures).toEqual([]);
    });
    await step('deactivate the first key for good', () => setKeyStatus(iam, FIRST_KEY, 'Inactive'));
    await step('POST /cat goes on', () =>
      expect.always(callCat, { during: '1m', every: '5s' }).toBeAcceptedBy('lambda'),
    );
  },
});
