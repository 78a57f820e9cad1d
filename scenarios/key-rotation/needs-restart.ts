import { CreateAccessKeyCommand, IAMClient, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { accessKeySecret } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER, lambdaFromIstio } from '../lambda-from-istio.ts';

/**
 * Envoy reads keys from its process's environment, which never changes. A rotated key is used only by a new process: the pod
 * that runs the filter has to be deleted. Deleting the ingress gateway, as the document does too, changes nothing.
 */
export default scenario('key-rotation/needs-restart', {
  title: 'A rotated key is used only after the pod that signs is deleted',
  source: ['seed 000', 'gateways.md 3.2'],
  tags: ['credentials', 'rotation', 'seed-000', 'B21'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('GET /cat with the first key', async () => expect(await callCat()).toBeAcceptedBy('lambda'));

    await step('create a second key and put it into the Secret', async () => {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: LAMBDA_USER }));
      const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
      await east.apply(accessKeySecret(CREDENTIALS_SECRET, { accessKeyId, secretAccessKey }));
    });
    await step('GET /cat stays 200 for 60s, still with the first key', () =>
      expect.always(callCat, { during: '60s', every: '10s' }).toBeAcceptedBy('lambda'),
    );

    await fault('deactivate the first key', () =>
      iam.send(
        new UpdateAccessKeyCommand({ UserName: LAMBDA_USER, AccessKeyId: FIRST_KEY.accessKeyId, Status: 'Inactive' }),
      ),
    );
    await step('GET /cat is refused', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(refused).toBeExplainedBy('access-key-inactive');
    });

    await step('delete the pod of the ingress gateway', () =>
      east.deletePod({ namespace: 'istio-system', labels: { istio: 'ingressgateway' } }),
    );
    await step('GET /cat is still refused', () =>
      expect.eventually(callCat).toBeRefusedBy('lambda', 'UnrecognizedClientException'),
    );

    await fix('delete the pod that signs', () => east.deletePod({ namespace: 'default', labels: { app: 'httpbin' } }));
    await step('GET /cat with the second key', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
