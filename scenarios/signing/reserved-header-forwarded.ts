import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';
import { gatewayRoute } from '../obedient-cat.ts';

/** API Gateway and load balancers in a VPC add `x-amzn-vpc-*`; Envoy passes on every header it was sent, and Lambda keeps these for itself. */
export default scenario('signing/reserved-header-forwarded', {
  title: 'A header that Lambda reserves is passed on to Lambda, which refuses it',
  source: ['envoyproxy/envoy#45609', 'gateways.md 1.4'],
  tags: ['signature', 'headers', 'B17'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com', headers: { 'x-amzn-vpc-id': 'vpc-0f7c3a9e' } });

    await step('GET /cat as it comes from a private link', async () => {
      const refused = await callCat();
      expect(refused).toHaveStatus(403);
      expect(refused).toHaveBody(/^\{"[Mm]essage":"The request includes reserved HTTP headers\. /);
      expect(refused).toBeExplainedBy('reserved-header');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('remove x-amzn-vpc-id at the gateway', () => {
      const remove = [
        'x-amzn-vpc-id',
        'x-forwarded-for',
        'x-forwarded-proto',
        'x-envoy-internal',
        'x-envoy-attempt-count',
      ];
      return east.apply(gatewayRoute({ headers: { request: { remove } } }));
    });
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
