import { manifest, namespace } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { oneHttpbin } from '../before-lambda.ts';
import { INVOKE_CAT, LAMBDA_HOST, signInvocation } from '../signed-by-client.ts';

/**
 * AWS drops every port from Host before it checks, the default one of the scheme too. Envoy leaves 80 and 443 out of what it signs;
 * a client that was given `https://...:443` and signs what it was given does not.
 */
export default scenario('signing/default-port-signed', {
  title: 'A client that signs the default port is refused, while Envoy leaves it out',
  source: ['aws/aws-cli#2883', 'boto/botocore#1296', 'curl/curl#9550', 'gateways.md 2.3'],
  tags: ['signature', 'host', 'B18'],
  topology: (words) =>
    oneHttpbin(words, [manifest('seed-000/lambda.yaml'), namespace('sleep'), manifest('multi-cluster/curl.yaml')]),
  async run({ east, step, fix, expect, clock }) {
    const pod = east.exec({ namespace: 'sleep', labels: { app: 'curl' } });
    const invoke = async (host: string) =>
      pod.request('POST', `https://${LAMBDA_HOST}${INVOKE_CAT}`, {
        ...(await signInvocation({ clock }, { host })),
        tls: { serverName: LAMBDA_HOST, isInsecure: true },
      });
    let host = `${LAMBDA_HOST}:443`;

    await step('invoke the function as lambda.us-east-1.amazonaws.com:443', async () => {
      const refused = await invoke(host);
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('host-port', { header: 'host' });
    });
    await step('GET /cat as example.com:443, which Envoy signs as example.com', async () => {
      const forward = await east.portForward(9080, 'istio-ingressgateway', 80);
      expect(await forward.get('/cat', { host: 'example.com:443' })).toBeAcceptedBy('lambda');
    });

    await fix('leave the default port out of the endpoint', () => {
      host = LAMBDA_HOST;
    });
    await step('invoke the function', async () => expect(await invoke(host)).toBeAcceptedBy('lambda'));
  },
});
