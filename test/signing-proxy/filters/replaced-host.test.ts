import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { findDialect } from '#signing-proxy/dialects/find-dialect.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes, ROUTER } from '../support/http-rig.ts';

const LITERAL: JsonObject = { cluster: 'app', host_rewrite_literal: 'route.example' };
const WEIGHTED: JsonObject = {
  weighted_clusters: { clusters: [{ name: 'app', weight: 1, host_rewrite_literal: 'weighted.example' }] },
};

async function send(route: JsonObject, name = 'envoy-1.36', router: JsonObject = ROUTER) {
  const dialect = findDialect(name);
  const cluster = createScriptedCluster('app');
  using rig = createHttpRig({
    ...(dialect && { dialect }),
    clusters: [cluster],
    manager: {
      http_filters: [router],
      route_config: inlineRoutes({ match: { prefix: '/' }, route: { append_x_forwarded_host: true, ...route } }),
    },
  });
  await rig.call({ headers: ['host', 'caller.example'] });
  const headers = cluster.sent[0]?.headers;
  return [':authority', 'x-envoy-original-host', 'x-forwarded-host'].map((header) => headers?.get(header));
}

test.each([
  ['envoy-1.34', undefined],
  ['envoy-1.36', 'caller.example'],
])('%s tells the upstream the host that a route replaced: %s', async (dialect, original) => {
  expect(await send(LITERAL, dialect)).toEqual(['route.example', original, 'caller.example']);
});

test('a router that adds no headers of Envoy tells nothing', async () => {
  const router = structuredClone(ROUTER) as { typed_config: JsonObject } & JsonObject;
  router.typed_config['suppress_envoy_headers'] = true;
  expect(await send(LITERAL, 'envoy-1.36', router)).toEqual(['route.example', undefined, 'caller.example']);
});

test('a weighted cluster replaces the host without a word, and before the route does', async () => {
  expect(await send(WEIGHTED)).toEqual(['weighted.example', undefined, undefined]);
  expect(await send({ host_rewrite_literal: 'route.example', ...WEIGHTED })).toEqual([
    'route.example',
    'weighted.example',
    'weighted.example',
  ]);
});
