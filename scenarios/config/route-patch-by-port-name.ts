import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** Only the route tables of HTTPS servers carry port name and gateway in their names; plain ones of a port share `http.8080`. */
export default scenario('config/route-patch-by-port-name', {
  title: 'A route patch that names the port and the gateway skips plain HTTP servers',
  source: ['istio/istio#32637', 'gateways.md 5.7'],
  tags: ['envoy-filter', 'routing', 'B55'],
  topology: lambdaFromIstio,
  async run({ east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const getAlive = () => forward.get('/alive', { host: 'example.com' });

    await step('add /alive to the routes of port "http" of default/httpbin-gateway', async () => {
      await east.apply(manifest('config/status-route.yaml'));
      await clock.sleep(1_000);
    });
    await step('GET /alive is 404', async () => {
      const lost = await getAlive();
      expect(lost).toHaveStatus(404);
      expect(lost).toBeExplainedBy('no-route');
    });

    await fix('add it to the route table "http.8080"', () => east.apply(manifest('config/status-route-by-name.yaml')));
    await step('GET /alive is 200', () => expect.eventually(getAlive, { within: '3s' }).toHaveStatus(200));
  },
});
