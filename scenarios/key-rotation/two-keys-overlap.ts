import { IAMClient } from '@aws-sdk/client-iam';
import { scenario } from '#harness/scenario.ts';
import { FIRST_KEY } from '../lambda-from-istio.ts';
import { createKey, credentialsFile, keysFromFile, setKeyStatus } from '../rotating-keys.ts';

/** IAM allows two keys for a user so that one can be retired when nobody signs with it any more: not when the other one exists. */
export default scenario('key-rotation/two-keys-overlap', {
  title: 'No request fails when the old key is retired after the new one is seen to sign',
  source: [
    'seed 000',
    'gateways.md 3.9',
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html',
  ],
  tags: ['credentials', 'rotation', 'file'],
  topology: keysFromFile,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('GET /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    const second = await step('create a second key and put it into the Secret', async () => {
      const key = await createKey(iam);
      await east.apply(credentialsFile(key));
      return key;
    });
    await fix('GET /cat until the second key signs', () =>
      expect
        .eventually(async () => (await callCat()) && aws.ledger().keys.at(-1)?.accessKeyId, {
          within: '70m',
          every: '5m',
        })
        .toBe(second.accessKeyId),
    );
    await step('deactivate the first key', () => setKeyStatus(iam, FIRST_KEY, 'Inactive'));
    await step('GET /cat for ten minutes', () =>
      expect.always(callCat, { during: '10m', every: '2m' }).toBeAcceptedBy('lambda'),
    );

    await step('look back: every request was signed by one of the two keys, and none failed', () => {
      expect(aws.ledger()).toHaveNoFailureWhileValid(FIRST_KEY.accessKeyId);
      expect(aws.ledger()).toHaveNoFailureWhileValid(second.accessKeyId);
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, second.accessKeyId);
      expect(aws.ledger().find(second.accessKeyId)?.gapMs).toBe(300_000);
    });
  },
});
