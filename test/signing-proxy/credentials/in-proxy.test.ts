import { expect, test } from 'vitest';
import { ASYNC_CLIENT, createGrant, serveSts, STS_CLUSTER } from '../support/credential-world.ts';
import { APP, get, startApp } from '../support/http-app.ts';
import { createMemoryFiles } from '../support/memory-files.ts';
import { createProxyWorld, POD_ZONE } from '../support/proxy-world.ts';
import { filter, httpManager, listener, routeTable, staticCluster } from '../support/resources.ts';

const ADMIN = { host: '127.0.0.1', port: 15000 };
const LAMBDA = 'envoy.extensions.filters.http.aws_lambda.v3.Config';
const ENVIRONMENT = {
  AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gateway',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const CLUSTER = staticCluster('app', APP.host, APP.port, {
  metadata: { filterMetadata: { 'com.amazonaws.lambda': { egress_gateway: true } } },
});
const LISTENER = listener('http', 8080, {
  filterChains: [
    {
      filters: [
        httpManager({
          routeConfig: routeTable('all', 'app'),
          httpFilters: [
            filter('envoy.filters.http.aws_lambda', LAMBDA, {
              arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
              payloadPassthrough: true,
            }),
            filter('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', {}),
          ],
        }),
      ],
    },
  ],
});

/** A proxy that signs for Lambda with a web identity, which STS grants 800 ms after it was asked. */
async function createWorld(dialect: string) {
  const world = await createProxyWorld({ clusters: [CLUSTER], listeners: [LISTENER] });
  let grants = 0;
  await serveSts(world.network, (_, response) => {
    const { text } = createGrant('AssumeRoleWithWebIdentity', ++grants, Math.floor(world.clock.now() / 1000) + 900);
    void world.clock.sleep(800).then(() => response.end(text));
  });
  await startApp(world.network, (request, response) => response.end(request.headers.authorization ?? 'unsigned'));
  const proxy = await world.start({
    dialect,
    environment: ENVIRONMENT,
    runtimeFlags: ASYNC_CLIENT,
    files: createMemoryFiles({ '/token': 'jwt' }),
    admin: ADMIN,
    logLevel: 'debug',
  });
  await proxy.ready;
  const call = async () => (await get(world.network, 8080)).body;
  return { world, proxy, call };
}

test('B29: the first request waits for its keys from 1.34 on, and goes unsigned before', async () => {
  const later = await createWorld('envoy-1.34');
  await using _later = later.world;
  expect(await later.call()).toMatch(/Credential=ASIAASSUMEROLEWITHWEBIDENTITY1\//);

  const before = await createWorld('envoy-1.33');
  await using _before = before.world;
  expect(await before.call()).toBe('unsigned');
});

test('B27: a push of clusters takes that of STS away in 1.30, and leaves it in 1.34', async () => {
  for (const [dialect, stays] of [
    ['envoy-1.30', false],
    ['envoy-1.34', true],
  ] as const) {
    const { world, call } = await createWorld(dialect);
    await using _ = world;
    const clusters = async () =>
      (await get(world.network, ADMIN.port, { host: ADMIN.host, zone: POD_ZONE, path: '/clusters' })).body;
    await world.clock.sleep(1_000);
    expect(await clusters()).toContain(`${STS_CLUSTER}::52.94.236.12:443`);
    world.ads.configure({ clusters: [CLUSTER, staticCluster('other', APP.host, APP.port)] });
    await world.clock.sleep(1_000);
    expect((await clusters()).includes(STS_CLUSTER)).toBe(stays);
    await world.clock.sleep(1_000_000);
    expect(await call()).toMatch(stays ? /ENTITY2\// : /ENTITY1\//);
  }
});

test('leaves nothing behind when it is disposed in the middle of a fetch', async () => {
  const { world, proxy, call } = await createWorld('envoy-1.34');
  await using _ = world;
  const waiting = call().catch(() => 'broken off');
  await world.clock.sleep(300);
  await proxy[Symbol.asyncDispose]();
  expect(await waiting).toBe('broken off');
  await world.clock.sleep(2_000);
  expect(world.clock.pendingTimers()).toBe(0);
  expect(world.network.openConnections()).toEqual([]);
});
