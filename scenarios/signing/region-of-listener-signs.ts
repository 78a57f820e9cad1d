import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/**
 * Before Envoy 1.25 one signer serves a listener and all its routes. It takes the region of the listener's ARN, whatever ARN the route
 * names.
 */
export default scenario('signing/region-of-listener-signs', {
  title: 'The region of the ARN on the listener signs for a route of another region',
  source: ['envoyproxy/envoy#24185', 'gateways.md 1.1'],
  tags: ['signature', 'B09'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN.replace('us-east-1', 'eu-west-1'))),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat is signed for eu-west-1', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('wrong-region');
    });

    await fix('name a function of the same region on the listener', () => east.apply(lambdaFilter(CAT_ARN)));
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
