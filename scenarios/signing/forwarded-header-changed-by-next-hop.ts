import { accessKeySecret, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, lambdaFromIstioWith } from '../lambda-from-istio.ts';

/**
 * Envoy signs every header it has, `x-forwarded-client-cert` among them. A gateway between the signer and AWS replaces that header
 * with its own view of its caller. It has to pass the header on unchanged, or the signing has to move to the last hop.
 */
export default scenario('signing/forwarded-header-changed-by-next-hop', {
  title: 'A hop after the signer replaces a header that was signed',
  source: ['gateways.md 2.7 and 4.6', 'envoyproxy/envoy#18729'],
  tags: ['signature', 'xfcc'],
  topology: (words) =>
    lambdaFromIstioWith(words, [
      accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
      manifest('seed-000/httpbin.yaml'),
      manifest('seed-000/gateway.yaml'),
      manifest('egress-gateway/lambda.yaml'),
      manifest('egress-gateway/egress.yaml'),
    ]),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat, signed by the sidecar, passes the egress gateway', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'x-forwarded-client-cert' });
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('let the egress gateway pass x-forwarded-client-cert on', () =>
      east.apply(manifest('egress-gateway/forward-client-cert.yaml')),
    );
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
