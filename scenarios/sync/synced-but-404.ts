import { latePush } from '#harness/faults/push-faults.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INGRESS, oneHttpbin } from '../before-lambda.ts';
import { gatewayRoute } from '../obedient-cat.ts';

/** SYNCED compares what was sent with what was accepted. What nobody sent yet is in neither; the proxy's own routes show it. */
export default scenario('sync/synced-but-404', {
  title: 'A gateway that proxy-status calls SYNCED answers 404 for a route it was not sent yet',
  source: ['seed 000', 'gateways.md 5.9, 1'],
  tags: ['sync', 'seed-000', 'B57'],
  topology: (words) => oneHttpbin(words, [gatewayRoute({ match: [{ uri: { prefix: '/status' } }] })]),
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const getHeaders = () => forward.get('/headers', { host: 'example.com' });
    const gatewayRoutes = async () => JSON.stringify(await east.proxyConfig(INGRESS, 'route'));

    const late = await fault('istiod does not get round to the gateway', () =>
      east.pushFault({ pods: INGRESS }, latePush()),
    );
    await step('apply a VirtualService with /headers', () => east.apply(manifest('seed-000/gateway.yaml')));
    await step('everything is SYNCED, a minute long', async () => {
      const rdsStatus = async () => (await east.proxyStatus()).map((row) => row.rdsStatus);
      await expect.always(rdsStatus, { during: '1m', every: '10s' }).not.toContain('STALE');
      expect(await east.sync(INGRESS)).not.toHaveAcked('RDS');
    });
    await step('GET /headers is 404 at the gateway, whose routes lack it', async () => {
      const lost = await getHeaders();
      expect(lost).toHaveStatus(404);
      expect(lost).toHaveBody('');
      expect(lost).toBeExplainedBy('push-not-sent', { grade: 'consistent' });
      expect(await gatewayRoutes()).not.toContain('/headers');
    });

    await fix('istiod gets round to it', () => late?.[Symbol.dispose]());
    await step('GET /headers works as soon as the routes of the gateway have it', async () => {
      await expect.eventually(gatewayRoutes).toContain('/headers');
      expect(await getHeaders()).toHaveStatus(200);
    });
  },
});
