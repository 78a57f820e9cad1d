import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { logTexts } from '../support/proxy-context.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes, type HttpRigOptions } from '../support/http-rig.ts';

function createMirroringRig(
  policies: JsonObject[],
  { action = {}, ...options }: HttpRigOptions & { action?: JsonObject } = {},
) {
  const main = createScriptedCluster('main', () => ({ body: 'answer' }));
  const copy = createScriptedCluster('copy', () => ({ status: 500, body: 'ignored' }));
  const route = { match: { prefix: '/' }, route: { cluster: 'main', request_mirror_policies: policies, ...action } };
  const rig = createHttpRig({
    ...options,
    manager: { ...options.manager, use_remote_address: true, route_config: inlineRoutes(route) },
    clusters: [main, copy],
  });
  return { main, copy, rig, [Symbol.dispose]: () => rig[Symbol.dispose]() };
}

test('sends a copy as the request left the router, with a host that tells', async () => {
  using world = createMirroringRig([{ cluster: 'copy' }], { action: { prefix_rewrite: '/b' } });
  const answer = await world.rig.call({
    method: 'POST',
    path: '/a',
    headers: ['host', 'web.example:8080', 'authorization', 'AWS4-HMAC-SHA256 signed'],
    body: 'payload',
  });
  expect(answer).toMatchObject({ status: 200, body: 'answer' });
  const [{ headers, body } = expect.unreachable()] = world.copy.sent;
  expect(body).toBe('payload');
  expect(Object.fromEntries(headers.entries())).toMatchObject({
    ':method': 'POST',
    ':path': '/ba',
    ':authority': 'web.example-shadow:8080',
    authorization: 'AWS4-HMAC-SHA256 signed',
    'x-forwarded-for': '10.42.0.9,10.42.0.5',
    'x-envoy-internal': 'true',
  });
  expect(world.main.sent[0]?.headers.get(':authority')).toBe('web.example:8080');
});

test('leaves the host as it is where asked to', async () => {
  using world = createMirroringRig([{ cluster: 'copy', disable_shadow_host_suffix_append: true }]);
  await world.rig.call();
  expect(world.copy.sent[0]?.headers.get(':authority')).toBe('example.com');
});

test('copies a share of requests', async () => {
  const share = (numerator: number) => ({ runtime_fraction: { default_value: { numerator } } });
  using none = createMirroringRig([{ cluster: 'copy', ...share(0) }]);
  await none.rig.call();
  expect(none.copy.sent).toEqual([]);
  using half = createMirroringRig([{ cluster: 'copy', ...share(50) }]);
  for (let count = 0; count < 40; count++) await half.rig.call();
  expect(half.copy.sent.length).toBeGreaterThan(10);
  expect(half.copy.sent.length).toBeLessThan(30);
});

test('copies to the cluster that a header names, to several, and not twice for a retry', async () => {
  let attempts = 0;
  using world = createMirroringRig([{ cluster_header: 'x-copy-to' }, { cluster: 'copy' }, { cluster: 'gone' }], {
    logLevels: 'debug',
    action: { retry_policy: { retry_on: '5xx' } },
  });
  world.rig.context.upstreams.set(
    'main',
    createScriptedCluster('main', () => ({ status: attempts++ === 0 ? 503 : 200 })),
  );
  expect(await world.rig.call({ headers: ['x-copy-to', 'copy'] })).toMatchObject({ status: 200 });
  expect(attempts).toBe(2);
  expect(world.copy.sent).toHaveLength(2);
  expect(logTexts(world.rig.context, 'router').join('\n')).toContain("shadow cluster 'gone' does not exist");
});

test.each([
  [{}, 'request_mirror_policies: one of cluster or cluster_header must be specified'],
  [{ cluster: 'a', cluster_header: 'b' }, 'one of cluster or cluster_header must be specified'],
])('refuses %j', (policy, message) => {
  expect(() => createMirroringRig([policy])).toThrow(message);
});

test('takes the mirrors of the most specific level that has some', async () => {
  const main = createScriptedCluster('main', () => ({ body: 'answer' }));
  const copies = ['table', 'host', 'route'].map((name) => createScriptedCluster(name, () => ({ body: '' })));
  const to = (cluster: string) => ({ request_mirror_policies: [{ cluster }] });
  const route = (path: string, more: JsonObject = {}) => ({ match: { path }, route: { cluster: 'main', ...more } });
  const route_config = {
    ...to('table'),
    virtual_hosts: [
      { name: 'some', domains: ['some.example'], ...to('host'), routes: [route('/own', to('route')), route('/host')] },
      { name: 'none', domains: ['*'], routes: [route('/table')] },
    ],
  };
  using rig = createHttpRig({ manager: { route_config }, clusters: [main, ...copies] });
  await rig.call({ path: '/own', headers: ['host', 'some.example'] });
  await rig.call({ path: '/host', headers: ['host', 'some.example'] });
  await rig.call({ path: '/table' });
  expect(copies.map(({ sent }) => sent.map(({ headers }) => headers.get(':path')))).toEqual([
    ['/table'],
    ['/host'],
    ['/own'],
  ]);
});
