import type { KubeCluster } from '#harness/backends/backend.ts';
import { scenario } from '#harness/scenario.ts';
import { INVOKE_CAT, LAMBDA_HOST, signInvocation } from '../signed-by-client.ts';
import { accountWithCat, signingMesh } from '../signed-lambda.ts';

/**
 * An SDK signs before Envoy can. Up to 1.30 Envoy adds its own date and authorization to those, and both are sent: what it signed is the
 * two dates joined, and AWS reads the two authorizations as one. From 1.31 on it replaces them.
 */
export default scenario('signing/signed-request-signed-again', {
  title: 'A request that the SDK has signed already is refused when Envoy adds a second signature',
  source: ['envoyproxy/envoy#15963', 'envoyproxy/envoy#35082', 'gateways.md 2.6'],
  tags: ['signature', 'version', 'B06'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.30')),
    west: words.kubeCluster('west', signingMesh('envoy-1.34')),
  }),
  async run({ east, west, step, fix, expect, clock }) {
    const invokeAsSdk = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.request('POST', INVOKE_CAT, await signInvocation({ clock }, { host: LAMBDA_HOST }));
    };
    let cluster = east;

    await step('invoke the function with the SDK, through the gateway', async () => {
      const refused = await invokeAsSdk(cluster);
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toBeExplainedBy('malformed-authorization');
    });

    await fix('upgrade to Envoy 1.34, which replaces a signature', () => {
      cluster = west;
    });
    await step('invoke the function with the SDK', async () =>
      expect(await invokeAsSdk(cluster)).toBeAcceptedBy('lambda'),
    );
  },
});
