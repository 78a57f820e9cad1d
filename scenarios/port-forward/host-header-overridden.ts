import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** The caller can avoid the failure: `curl -H "Host: example.com" http://127.0.0.1:9080/cat`. Lambda takes any host name. */
export default scenario('port-forward/host-header-overridden', {
  title: 'A caller that sends Host without the port is accepted',
  source: ['seed 000', 'envoyproxy/envoy#11292'],
  tags: ['signature', 'seed-000', 'B01'],
  topology: lambdaFromIstio,
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );

    let host = '127.0.0.1:9080';
    await step('curl http://127.0.0.1:9080/cat', async () => {
      const refused = await forward.get('/cat', { host });
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('host-port', { header: 'host' });
    });

    await fix('name a Host of our own: curl -H "Host: example.com"', () => {
      host = 'example.com';
    });
    await step('curl -H "Host: example.com" http://127.0.0.1:9080/cat', async () => {
      const accepted = await forward.get('/cat', { host });
      expect(accepted).toBeAcceptedBy('lambda');
      expect(accepted).toHaveBody('meow');
    });

    await step('Envoy itself leaves out port 80 and 443, and no other', async () => {
      for (const usual of ['example.com:80', 'example.com:443']) {
        expect(await forward.get('/cat', { host: usual })).toBeAcceptedBy('lambda');
      }
      expect(await forward.get('/cat', { host: 'example.com:8080' })).toBeExplainedBy('host-port', { header: 'host' });
    });
  },
});
