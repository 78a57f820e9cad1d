import { scenario } from '#harness/scenario.ts';
import { webIdentityTwice } from '../web-identity.ts';

const NEW_SERVICE = {
  file: 'new-service.yaml',
  text: 'apiVersion: v1\nkind: Service\nmetadata: { name: new }\nspec: { ports: [{ port: 80, name: http }] }\n',
};

/** Envoy reaches STS through a cluster that it makes itself. A complete list from CDS does not name it, and so takes it away. */
export default scenario('credentials/internal-cluster-removed', {
  title: 'After any push of clusters keys are not renewed any more, because the cluster for STS is gone',
  source: ['envoyproxy/envoy#35062', 'gateways.md 3.6'],
  tags: ['credentials', 'web-identity', 'sts', 'push', 'B27'],
  topology: (words) => webIdentityTwice(words, { before: 'envoy-1.30', after: 'envoy-1.34' }),
  async run({ east, west, step, fault, expect, clock }) {
    const [old, repaired] = await step('forward 127.0.0.1:9080 and 9081 to the load balancers', async () => [
      await east.portForward(9080, 'istio-ingressgateway', 80),
      await west.portForward(9081, 'istio-ingressgateway', 80),
    ]);
    await step('GET /cat with keys for the role', async () => {
      expect(await old?.get('/cat', { host: 'example.com' })).toBeAcceptedBy('lambda');
      expect(await repaired?.get('/cat', { host: 'example.com' })).toBeAcceptedBy('lambda');
    });

    await fault('apply a Service that nobody calls', async () => {
      await east.apply(NEW_SERVICE);
      await west.apply(NEW_SERVICE);
    });
    await step('wait until the keys are over', () => clock.sleep(61 * 60_000));
    await step('GET /cat is refused where Envoy 1.30 signs', async () => {
      const refused = await old?.get('/cat', { host: 'example.com' });
      expect(refused).toBeRefusedBy('lambda', 'ExpiredTokenException');
      expect(refused).toBeExplainedBy('session-token-expired');
      let log = '';
      for await (const { text } of east.logs({ namespace: 'default', labels: { app: 'httpbin' } })) log += `${text}\n`;
      expect(log).toMatch(/\[cluster = sts_token_service_internal-us-east-1\] not found/);
    });
    await step('GET /cat is accepted where Envoy 1.34 signs', async () =>
      expect(await repaired?.get('/cat', { host: 'example.com' })).toBeAcceptedBy('lambda'),
    );
  },
});
