import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/**
 * Up to Envoy 1.30 a signer adds its authorization to the one that is there. Two of them in one header read as one with a part too many.
 */
export default scenario('signing/two-signing-filters', {
  title: 'The general signing filter after the Lambda filter signs a second time',
  source: ['envoyproxy/envoy#23702'],
  tags: ['signature', 'B10'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN), manifest('signing/request-signing-filter.yaml')),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat arrives with two signatures', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toHaveBody(/not a valid key=value pair \(missing equal-sign\) in Authorization header/);
      expect(refused).toBeExplainedBy('malformed-authorization');
    });

    await fix('remove one of the filters', () =>
      east.delete({ kind: 'EnvoyFilter', namespace: 'default', name: 'aws-request-signing' }),
    );
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
