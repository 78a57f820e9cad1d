import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/**
 * A route rewrites the host in the router, after the filter has signed the caller's. The filter's own `host_rewrite`, from Envoy 1.30
 * on, comes before; without it the host has to stay, and Lambda takes any.
 */
export default scenario('signing/host-rewritten-after-signing', {
  title: 'A route that rewrites the host breaks the signature over it',
  source: ['envoyproxy/envoy#32851', 'gateways.md 2.3'],
  tags: ['signature', 'B11'],
  topology: (words) => lambdaInParts(words, manifest('signing/rewritten-host.yaml'), lambdaFilter(CAT_ARN)),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat is sent to a host that was not signed', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'host' });
    });

    await fix('let the route keep the host', () => east.apply(manifest('signing/cluster-and-route.yaml')));
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
