import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** The fix of `host-with-port` holds for any port, and only while it is there. */
export default scenario('port-forward/strip-port', {
  title: 'Host is signed without the forwarded port',
  source: ['seed 000', 'envoyproxy/envoy#14435'],
  tags: ['signature', 'seed-000'],
  topology: lambdaFromIstio,
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = (port: number) => forward.get('/cat', { host: `example.com:${port}` });

    await fix('apply strip_any_host_port', () => east.apply(manifest('seed-000/strip-any-host-port.yaml')));
    await step('GET /cat becomes 200', () => expect.eventually(() => callCat(9080)).toHaveStatus(200));
    await step('GET /cat stays 200 for 2s', () =>
      expect.always(() => callCat(9080), { during: '2s' }).toBeAcceptedBy('lambda'),
    );
    await step('GET /cat with other ports', async () => {
      for (const port of [80, 443, 8080, 65535]) expect(await callCat(port)).toHaveBody('meow');
    });

    await fault('delete strip_any_host_port', () =>
      east.delete({ kind: 'EnvoyFilter', namespace: 'default', name: 'strip-any-host-port' }),
    );
    await step('GET /cat is refused again', async () => {
      await expect.eventually(() => callCat(9080)).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(await callCat(9080)).toBeExplainedBy('host-port', { header: 'host' });
    });
  },
});
