import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/**
 * A redirect is written from Host as the routes see it. The listener strips the port, which the signature needs, before them: whoever
 * follows the redirect has lost the forwarded port. An answer of the gateway's own, like a redirect, calls nobody.
 */
export default scenario('routing/redirect-and-direct-response', {
  title: 'A redirect loses the forwarded port once the port is stripped',
  source: ['gateways.md 4.3 and 4.4', 'envoyproxy/envoy#14435'],
  tags: ['routing', 'host', 'redirect'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string) => forward.get(path, { host: 'example.com:9080' });

    await step('redirect /kitten to /cat', () => east.apply(manifest('routing/redirect.yaml')));
    await step('GET /kitten names the forwarded port', async () => {
      await expect.eventually(() => get('/kitten'), { within: '3s' }).toHaveStatus(302);
      expect(await get('/kitten')).toHaveHeader('location', 'http://example.com:9080/cat');
    });
    await step('strip the port at the gateway', () => east.apply(manifest('routing/strip-port-at-gateway.yaml')));
    await step('GET /kitten names port 80, where nobody listens', () =>
      expect.eventually(() => get('/kitten'), { within: '3s' }).toHaveHeader('location', 'http://example.com/cat'),
    );
    await fix('name host and port in the redirect', () => east.apply(manifest('routing/redirect-with-port.yaml')));
    await step('GET /kitten names the forwarded port again, and /cat is signed without it', async () => {
      await expect
        .eventually(() => get('/kitten'), { within: '3s' })
        .toHaveHeader('location', 'http://example.com:9080/cat');
      expect(await get('/cat')).toBeAcceptedBy('lambda');
    });

    await step('close the gateway', () => east.apply(manifest('routing/closed.yaml')));
    await step('GET /cat is answered by the gateway and runs nothing', async () => {
      await expect.eventually(() => get('/cat'), { within: '3s' }).toHaveBody('The cats are asleep until six.');
      const before = aws.invocations('hello-world-cat').length;
      expect(await get('/cat')).toHaveStatus(503);
      expect(aws.invocations('hello-world-cat')).toHaveLength(before);
    });
  },
});
