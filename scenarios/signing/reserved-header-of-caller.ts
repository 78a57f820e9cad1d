import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/** Lambda keeps the names x-amzn-* for itself; a hop in front, such as a VPC endpoint, may add one, and the filter sends what it got. */
export default scenario('signing/reserved-header-of-caller', {
  title: 'A reserved header of the caller is passed on and Lambda refuses it',
  source: ['envoyproxy/envoy#45609', 'gateways.md 1.4'],
  tags: ['signature', 'B17'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN)),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com', headers: { 'x-amzn-vpc-id': 'vpc-1' } });

    await step('GET /cat with x-amzn-vpc-id', async () => {
      const refused = await callCat();
      expect(refused).toHaveStatus(403);
      expect(refused).toHaveBody(/reserved HTTP headers/);
      expect(refused).toBeExplainedBy('reserved-header');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('remove the header before the filter', () =>
      east.apply(manifest('signing/remove-header.yaml', { HEADER: 'x-amzn-vpc-id' })),
    );
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
