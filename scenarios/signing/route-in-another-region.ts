import type { KubeCluster } from '#harness/backends/backend.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { accountWithCat, signingMesh } from '../signed-lambda.ts';

const twoRegions = [manifest('signing-catalogue/two-regions.yaml')];

/** Before 1.25 one signer serves the listener and all its routes, and has the region of the listener's function. */
export default scenario('signing/route-in-another-region', {
  title: "A route to a function of another region is signed for the listener's region",
  source: ['envoyproxy/envoy#24185', 'gateways.md 1.1'],
  tags: ['signature', 'region', 'version', 'B09'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.22', twoRegions)),
    west: words.kubeCluster('west', signingMesh('envoy-1.25', twoRegions)),
  }),
  async run({ aws, east, west, step, fix, expect }) {
    const callCat = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.get('/cat', { host: 'example.com' });
    };
    let cluster = east;

    await step('GET /cat, a function of us-east-1 behind a listener for eu-west-1', async () => {
      const refused = await callCat(cluster);
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toHaveBody(/Credential should be scoped to a valid region, not 'eu-west-1'\./);
      expect(refused).toBeExplainedBy('wrong-region');
    });

    await fix('upgrade to Envoy 1.25, which signs for the region of the route', () => {
      cluster = west;
    });
    await step('GET /cat is accepted', async () => {
      expect(await callCat(cluster)).toBeAcceptedBy('lambda');
      expect(aws.invocations('hello-world-cat')).toHaveLength(1);
    });
  },
});
