import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/** All headers of a caller are sent to AWS. Up to Envoy 1.30 the signature is added to an authorization that is there. */
export default scenario('signing/callers-authorization-passed-on', {
  title: 'The token of a caller is passed on to Lambda beside the signature',
  source: ['envoyproxy/envoy#23459', 'gateways.md 1.4'],
  tags: ['signature', 'B05'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN)),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com', headers: { authorization: 'Bearer abc' } });

    await step('GET /cat with authorization', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toBeExplainedBy('malformed-authorization');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('remove the header before the filter', () =>
      east.apply(manifest('signing/remove-header.yaml', { HEADER: 'authorization' })),
    );
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
