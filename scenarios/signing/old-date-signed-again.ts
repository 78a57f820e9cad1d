import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/** Up to Envoy 1.30 the signer adds its date to one that is there: a caller that has signed for something else breaks the signature. */
export default scenario('signing/old-date-signed-again', {
  title: 'A date that the caller sent stays beside the one that is signed',
  source: ['envoyproxy/envoy#15963', 'envoyproxy/envoy#35082'],
  tags: ['signature', 'B06'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN)),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com', headers: { 'x-amz-date': '20200101T000000Z' } });

    await step('GET /cat with x-amz-date', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('clock-skew');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('remove the header before the filter', () =>
      east.apply(manifest('signing/remove-header.yaml', { HEADER: 'x-amz-date' })),
    );
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
