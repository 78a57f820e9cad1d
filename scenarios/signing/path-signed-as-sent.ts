import type { KubeCluster } from '#harness/backends/backend.ts';
import { scenario } from '#harness/scenario.ts';
import { LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signingMesh } from '../signed-lambda.ts';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:hello-world-cat';

/**
 * AWS encodes every segment of the path it received before it checks the signature. Up to Envoy 1.19 the path is signed as it was sent:
 * the same for a plain name, and another as soon as there is a colon, a plus or a second slash.
 */
export default scenario('signing/path-signed-as-sent', {
  title: 'A path with colons is refused when it is signed as it was sent',
  source: ['envoyproxy/envoy#17137', 'awslabs/aws-sigv4-proxy#67', 'gateways.md 2.4', 'aws.md 1.7'],
  tags: ['signature', 'path', 'version', 'B14'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.19')),
    west: words.kubeCluster('west', signingMesh('envoy-1.22')),
  }),
  async run({ east, west, step, fix, expect }) {
    const invoke = async (cluster: KubeCluster, name: string) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.post(`/2015-03-31/functions/${name}/invocations`, '{}', { host: LAMBDA_HOST });
    };
    let cluster = east;

    await step('invoke the function by its name', async () =>
      expect(await invoke(cluster, 'hello-world-cat')).toBeAcceptedBy('lambda'),
    );
    await step('invoke it by its ARN', async () => {
      const refused = await invoke(cluster, ARN);
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('path-encoding');
    });

    await fix('upgrade to Envoy 1.22, which encodes the path it signs', () => {
      cluster = west;
    });
    await step('invoke it by its ARN, raw and encoded', async () => {
      for (const name of [ARN, encodeURIComponent(ARN)]) expect(await invoke(cluster, name)).toBeAcceptedBy('lambda');
    });
  },
});
