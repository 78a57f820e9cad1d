import type { KubeCluster } from '#harness/backends/backend.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { accountWithCat, signingMesh, signRequests } from '../signed-lambda.ts';

const both = [manifest('seed-000/lambda.yaml'), signRequests()];

/**
 * `aws_lambda` signs by itself. With `aws_request_signing` in the same chain, releases up to 1.30 send two authorizations; AWS joins them
 * by a comma and stumbles over the second one's algorithm. From 1.31 on the later filter replaces the signature of the earlier one.
 */
export default scenario('signing/two-filters-sign', {
  title: 'Two filters that sign make one authorization that nobody can read',
  source: ['envoyproxy/envoy#23702', 'envoyproxy/envoy#35082', 'aws.md 1.4'],
  tags: ['signature', 'envoy-filter', 'version', 'B10'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.22', both)),
    west: words.kubeCluster('west', signingMesh('envoy-1.34', both)),
  }),
  async run({ east, west, step, fix, expect }) {
    const callCat = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.get('/cat', { host: 'example.com' });
    };

    await step('GET /cat, signed by aws_lambda and by aws_request_signing', async () => {
      const refused = await callCat(east);
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toHaveBody(
        /'AWS4-HMAC-SHA256' not a valid key=value pair \(missing equal-sign\) in Authorization header/,
      );
      expect(refused).toBeExplainedBy('malformed-authorization');
    });
    await step('Envoy 1.34 replaces the first signature', async () =>
      expect(await callCat(west)).toBeAcceptedBy('lambda'),
    );

    await fix('leave the signing to aws_lambda', () => east.delete({ kind: 'EnvoyFilter', name: 'sign-requests' }));
    await step('GET /cat is accepted', () => expect.eventually(() => callCat(east)).toBeAcceptedBy('lambda'));
  },
});
