import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { HTTPBIN, oneHttpbin } from '../before-lambda.ts';

/** Proxies serve what they have, connect again with patience, and are then told everything. */
export default scenario('sync/control-plane-restarted', {
  title: 'While istiod is down calls go on as before and changes wait',
  source: ['xds.md 2.2, 10', 'seed 000'],
  tags: ['sync', 'restart'],
  topology: (words) => oneHttpbin(words),
  async run({ east, step, fault, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string) => forward.get(path, { host: 'example.com' });
    const before = (await east.proxyStatus())[0]?.istiod;

    await fault('restart istiod, which takes 30 s', () => east.restartControlPlane(30_000));
    await step('apply the EnvoyFilter that turns /cat into a Lambda call', () =>
      east.apply(manifest('seed-000/lambda.yaml')),
    );
    await step('istiod knows no proxy, and calls go on as before', async () => {
      expect(await east.proxyStatus()).toHaveLength(0);
      await expect.always(() => get('/status/200'), { during: '20s', every: '1s' }).toHaveStatus(200);
      const old = await get('/cat');
      expect(old).toHaveStatus(404);
      expect(old).toBeExplainedBy('push-not-sent', { grade: 'likely' });
    });

    await step('GET /cat reaches the function once istiod is back', async () => {
      await expect.eventually(() => get('/cat'), { within: '1m' }).toHaveBody('meow');
      await expect.eventually(() => east.sync(HTTPBIN), { within: '1m' }).toBeServing();
    });
    await step('every proxy is SYNCED with the new istiod', async () => {
      await expect.eventually(() => east.proxyStatus(), { within: '1m' }).toHaveLength(2);
      for (const row of await east.proxyStatus()) {
        expect(row.ldsStatus).toBe('SYNCED');
        expect(row.istiod).not.toBe(before);
      }
    });
  },
});
