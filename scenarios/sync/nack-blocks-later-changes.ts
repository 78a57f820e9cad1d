import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { HTTPBIN, oneHttpbin } from '../before-lambda.ts';

const LAMBDA = manifest('seed-000/lambda.yaml');

/** ADD appends, and behind the router is no place. Envoy refuses the listener each time it comes, whatever else has changed in it. */
export default scenario('sync/nack-blocks-later-changes', {
  title: 'A filter behind the router keeps a later policy from ever being enforced',
  source: ['gateways.md 5.7', 'gateways.md 5.9, 8'],
  tags: ['sync', 'envoy-filter', 'nack', 'B58'],
  topology: (words) => oneHttpbin(words),
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string) => forward.get(path, { host: 'example.com' });
    const httpbin = async () => (await east.proxyStatus()).find(({ name }) => name.startsWith('httpbin'));

    await fault('apply the EnvoyFilter with ADD in place of INSERT_BEFORE', async () => {
      await east.apply({ ...LAMBDA, text: LAMBDA.text.replace('operation: INSERT_BEFORE', 'operation: ADD') });
      await expect.eventually(async () => (await httpbin())?.ldsStatus).toBe('STALE');
    });
    await step('GET /cat still goes to httpbin', async () => {
      const lost = await get('/cat');
      expect(lost).toHaveStatus(404);
      expect(lost).toBeExplainedBy('push-rejected', { grade: 'likely' });
      expect(JSON.stringify((await httpbin())?.rejections)).toContain(
        'terminal filter named envoy.filters.http.router',
      );
    });
    await step('a policy that denies /headers is not enforced', async () => {
      await east.apply(manifest('sync/deny-headers.yaml'));
      await expect.always(() => get('/headers'), { during: '10s', every: '1s' }).toHaveStatus(200);
      expect(await east.sync(HTTPBIN)).not.toHaveAcked('LDS');
    });

    await fix('apply the EnvoyFilter as it should be', () => east.apply(LAMBDA));
    await step('GET /cat reaches the function, and the policy is enforced', async () => {
      await expect.eventually(() => get('/cat')).toHaveBody('meow');
      expect(await get('/headers')).toHaveStatus(403);
      expect((await httpbin())?.ldsStatus).toBe('SYNCED');
    });
  },
});
