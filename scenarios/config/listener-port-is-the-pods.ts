import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** The gateway's Service has port 80, its pod listens on 8080, and so does Envoy's listener. A patch that matches nothing is not a mistake. */
export default scenario('config/listener-port-is-the-pods', {
  title: 'An EnvoyFilter for the port of the Service changes no listener',
  source: ['istio/istio#30191', 'istio/istio#19549', 'istio/istio#16393', 'istio/istio.io#13169'],
  tags: ['envoy-filter', 'host', 'B54'],
  topology: lambdaFromIstio,
  async run({ east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com:9080' });
    const stripPort = (PORT: string) => east.apply(manifest('config/strip-port-on-listener.yaml', { PORT }));

    await step('strip the port from Host on listener port 80', async () => {
      await stripPort('80');
      await clock.sleep(1_000);
    });
    await step('GET /cat is signed with the port', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('host-port');
    });
    await step('istioctl proxy-config listeners deploy/istio-ingressgateway -n istio-system', async () => {
      const gateway = { namespace: 'istio-system', labels: { istio: 'ingressgateway' } };
      expect((await east.proxyConfig(gateway, 'listener')).table).toContain('0.0.0.0 8080  ALL   Route: http.8080');
    });

    await fix('strip it on listener port 8080', () => stripPort('8080'));
    await step('GET /cat is accepted', () => expect.eventually(callCat, { within: '3s' }).toBeAcceptedBy('lambda'));
  },
});
