import { IAMClient } from '@aws-sdk/client-iam';
import { accessKeySecret } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, lambdaFromIstio } from '../lambda-from-istio.ts';
import { createKey, SIGNING_POD } from '../rotating-keys.ts';

/** IAM is eventually consistent: it shows a new key at once, and the services know it some seconds later. */
export default scenario('key-rotation/propagation-delay', {
  title: 'A new key is refused until IAM has told the services of it',
  source: ['aws.md 4.6', 'gateways.md 3.9'],
  tags: ['credentials', 'rotation', 'iam'],
  topology(words) {
    const { aws, east } = lambdaFromIstio(words);
    return { aws: { ...aws, propagationDelayMs: 20_000 }, east };
  },
  async run({ aws, east, step, fault, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    const second = await step('create a second key and put it into the Secret', async () => {
      const key = await createKey(iam);
      await east.apply(accessKeySecret(CREDENTIALS_SECRET, key));
      return key;
    });
    await step('GET /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    await fault('delete the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('GET /cat is refused with the second key', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(refused).toBeExplainedBy('access-key-not-yet-known', { grade: 'likely' });
    });

    await fix('wait', () => clock.sleep(20_000));
    await step('GET /cat is accepted with the second key', async () => {
      expect(await callCat()).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, second.accessKeyId);
      expect(aws.ledger().find(second.accessKeyId)?.failures).toHaveLength(1);
    });
  },
});
