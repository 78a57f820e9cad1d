import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** The first route that matches wins, not the most special one: a plain prefix in front hides every condition behind it. */
export default scenario('routing/header-and-query-match', {
  title: 'A route by header or query is never reached behind a plain prefix',
  source: ['gateways.md 5.2'],
  tags: ['routing', 'virtual-service'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      forward.get(path, { host: 'example.com', headers });

    await step('route what asks for the dog, behind /cat', () => east.apply(manifest('routing/dog-by-match.yaml')));
    await step('GET /cat is the cat whatever is asked for', async () => {
      await expect.eventually(() => get('/dog'), { within: '3s' }).toHaveStatus(404);
      expect(await get('/cat', { 'x-animal': 'dog' })).toHaveBody('meow');
      expect(await get('/cat?animal=dog')).toHaveBody('meow');
    });

    await fix('put the special route in front', () => east.apply(manifest('routing/dog-first.yaml')));
    await step('GET /cat is the dog by header and by query', async () => {
      await expect.eventually(() => get('/cat', { 'x-animal': 'dog' }), { within: '3s' }).toHaveBody('woof');
      expect(await get('/cat?animal=dog&age=3')).toHaveBody('woof');
      expect(aws.invocations('hello-world-dog').at(-1)?.event).toMatchObject({ raw_path: '/dog?animal=dog&age=3' });
    });
    await step('anything else is the cat', async () => {
      expect(await get('/cat', { 'x-animal': 'Dog' })).toHaveBody('meow');
      expect(await get('/cat?animal=dogs')).toHaveBody('meow');
    });
  },
});
