import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { HTTPBIN } from '../before-lambda.ts';
import { INVOKE_CAT, LAMBDA_HOST, signInvocation } from '../signed-by-client.ts';
import { accountWithCat, signingMesh } from '../signed-lambda.ts';

/** What instrumentation adds to every request of the application, before the SDK signs it. */
const TRACE = { 'x-b3-traceid': '80f198ee56343ba864fe8b2a57d3eff7', 'x-b3-spanid': 'e457b5a2e4d86bd1' };

/**
 * An SDK signs the headers that it finds on a request. The sidecar makes each call that leaves a span of its own, and replaces the id
 * of the application's.
 */
export default scenario('signing/trace-header-signed', {
  title: 'The calls of an SDK are refused in a mesh that traces them',
  source: ['aws/aws-sdk-net#1125', 'aws/aws-xray-daemon#199', 'gaul/s3proxy#645', 'gateways.md 2.7'],
  tags: ['signature', 'headers', 'B12'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.19', [manifest('signing-catalogue/plain-lambda.yaml')])),
  }),
  async run({ east, step, fix, expect, clock }) {
    const application = east.exec(HTTPBIN);
    let unsigned: string[] = [];
    const invoke = async () =>
      application.request(
        'POST',
        `${LAMBDA_HOST}${INVOKE_CAT}`,
        await signInvocation({ clock }, { headers: TRACE, unsigned }),
      );

    await step('invoke the function from a traced application', async () => {
      const refused = await invoke();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'x-b3-spanid' });
    });

    await fix('tell the signer of the SDK to leave x-b3-* alone', () => {
      unsigned = Object.keys(TRACE);
    });
    await step('invoke the function', async () => expect(await invoke()).toBeAcceptedBy('lambda'));
  },
});
