import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INGRESS, oneHttpbin } from '../before-lambda.ts';

/** A NACK is about a whole response, but Envoy takes the good listeners of a response that it refuses. */
export default scenario('sync/served-not-acked', {
  title: 'A gateway refuses a response for one listener and serves the other from it',
  source: ['xds.md 2.2, 6', 'gateways.md 5.7', 'gateways.md 5.9'],
  tags: ['sync', 'envoy-filter', 'nack'],
  topology: (words) => oneHttpbin(words, [manifest('sync/two-ports.yaml')]),
  async run({ east, step, fault, fix, expect }) {
    const forward = (port: number, servicePort: number) => east.portForward(port, 'istio-ingressgateway', servicePort);
    const first = await step('forward 127.0.0.1:9080 to port 80', () => forward(9080, 80));
    const second = await step('forward 127.0.0.1:9443 to port 443', () => forward(9443, 443));
    const listeners = async () => (await east.proxyStatus()).find(({ name }) => name.startsWith('istio-ingress'));

    await fault('put a filter behind the router of port 443', () =>
      east.apply(manifest('sync/filter-after-router.yaml')),
    );
    await step('name both servers "cats"', () => east.apply(manifest('sync/server-name.yaml')));
    await step('port 80 is called so', () =>
      expect.eventually(() => first.get('/status/200')).toHaveHeader('server', 'cats'),
    );
    await step('proxy-status calls the listeners STALE, because of port 443', async () => {
      const row = await listeners();
      expect(row?.ldsStatus).toBe('STALE');
      expect(row?.rejections).toEqual({
        'type.googleapis.com/envoy.config.listener.v3.Listener': expect.stringMatching(
          /0\.0\.0\.0_8443: .*must be the last filter in a http filter chain/,
        ),
      });
      expect(await east.sync(INGRESS)).not.toHaveAcked('LDS');
    });
    await step('port 443 goes on with what it had', async () => {
      const answer = await second.get('/status/200');
      expect(answer).toHaveHeader('server', 'istio-envoy');
      expect(answer).not.toBeServedUpToDate();
      expect(await first.get('/status/200')).toBeServedUpToDate();
    });

    await fix('take the filter away', () =>
      east.delete({ kind: 'EnvoyFilter', namespace: 'istio-system', name: 'fault-filter' }),
    );
    await step('port 443 is called "cats", and proxy-status says SYNCED', async () => {
      await expect.eventually(() => second.get('/status/200')).toHaveHeader('server', 'cats');
      expect((await listeners())?.ldsStatus).toBe('SYNCED');
    });
  },
});
