import { accessKeySecret, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, lambdaFromIstioWith } from '../lambda-from-istio.ts';

/**
 * Without credentials Envoy reports nothing to the caller: it searches the environment and the instance metadata, then passes the request on
 * unsigned, and the 403 is Lambda's.
 */
export default scenario('credentials/none-forwarded-unsigned', {
  title: 'Without credentials the request leaves unsigned and Lambda refuses it',
  source: ['seed 000', 'gateways.md 3.8', 'envoyproxy/envoy#13904'],
  tags: ['credentials', 'seed-000'],
  topology: (words) =>
    lambdaFromIstioWith(words, [
      manifest('seed-000/httpbin-without-credentials.yaml'),
      manifest('seed-000/gateway.yaml'),
      manifest('seed-000/lambda.yaml'),
    ]),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat leaves unsigned', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(refused).toBeLeftUnsigned();
      expect(refused).toBeExplainedBy('no-credentials');
    });
    await step('the log of the sidecar says where it looked', async () => {
      let log = '';
      for await (const { text } of east.logs({ namespace: 'default', labels: { app: 'httpbin' } })) log += `${text}\n`;
      expect(log).toContain('Getting AWS credentials from the environment');
      expect(log).toContain('Could not retrieve credentials listing from the instance metadata');
    });

    await fix('give the sidecar a key', async () => {
      await east.apply(accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY));
      await east.apply(manifest('seed-000/httpbin.yaml'));
    });
    await step('GET /cat is accepted', () =>
      expect.eventually(callCat, { within: '60s', every: '1s' }).toBeAcceptedBy('lambda'),
    );
  },
});
