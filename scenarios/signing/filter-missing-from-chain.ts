import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/**
 * A route's settings configure a filter and do not put one into the chain: without the filter nothing turns the request into a call, and
 * nothing signs it.
 */
export default scenario('signing/filter-missing-from-chain', {
  title: 'Lambda settings on a route sign nothing without the filter in the chain',
  source: ['envoyproxy/envoy#26855', 'envoyproxy/envoy#32005'],
  tags: ['signature', 'B02'],
  topology: (words) => lambdaInParts(words),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat reaches Lambda as it is', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(refused).toBeLeftUnsigned();
      expect(refused).toBeExplainedBy('not-signed');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('list the filter in the chain', () => east.apply(lambdaFilter(CAT_ARN)));
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
