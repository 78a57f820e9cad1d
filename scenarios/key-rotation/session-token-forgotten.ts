import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { genericSecret, kustomization, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER, lambdaFromIstioWith } from '../lambda-from-istio.ts';
import { SIGNING_POD } from '../rotating-keys.ts';

const secret = (texts: Readonly<Record<string, string>>) =>
  genericSecret({ namespace: 'default', name: CREDENTIALS_SECRET }, texts);

/** Temporary keys are three texts. With two of them the signature is right and the key unknown: AWS looks it up with its token. */
export default scenario('key-rotation/session-token-forgotten', {
  title: 'Temporary keys are refused as invalid when their session token is left out',
  source: ['kgateway-dev/kgateway#2373', 'gateways.md 3.2', 'aws.md 1.11'],
  tags: ['credentials', 'rotation', 'session-token', 'B38'],
  topology: (words) =>
    lambdaFromIstioWith(words, [
      secret({ AWS_ACCESS_KEY_ID: FIRST_KEY.accessKeyId, AWS_SECRET_ACCESS_KEY: FIRST_KEY.secretAccessKey }),
      ...kustomization('seed-000'),
      manifest('key-rotation/httpbin-session-token.yaml'),
    ]),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });
    await step('GET /cat with the key of a user', async () => expect(await callCat()).toBeAcceptedBy('lambda'));

    const temporary = await step('get temporary keys and put id and secret into the Secret', async () => {
      const sts = aws.createClient(STSClient, { user: LAMBDA_USER });
      const { Credentials = {} } = await sts.send(new GetSessionTokenCommand({}));
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials as Record<string, string>;
      await east.apply(secret({ AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey }));
      await east.deletePod(SIGNING_POD);
      return {
        AWS_ACCESS_KEY_ID: AccessKeyId,
        AWS_SECRET_ACCESS_KEY: SecretAccessKey,
        AWS_SESSION_TOKEN: SessionToken,
      };
    });
    await step('GET /cat is refused', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(refused).toBeExplainedBy('session-token-missing');
    });

    await fix('put the session token into it as well', () => east.apply(secret(temporary)));
    await step('restart the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('GET /cat with the temporary keys', async () => {
      expect(await callCat()).toBeAcceptedBy('lambda');
      expect(aws.ledger().find(temporary.AWS_ACCESS_KEY_ID)?.failures).toHaveLength(1);
    });
  },
});
