import { expect, test } from 'vitest';
import { APP, get, startApp } from './support/http-app.ts';
import { createProxyWorld, POD_ZONE } from './support/proxy-world.ts';
import {
  ads,
  assignment,
  edsCluster,
  filter,
  httpManager,
  listener,
  routeTable,
  staticCluster,
  tcpProxy,
} from './support/resources.ts';

const TCP_LISTENER = listener('tcp', 9000, { filterChains: [{ filters: [tcpProxy('app')] }] });

test('forwards a TCP connection to the endpoint of a static cluster', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
});

test('forwards a request along a route that was discovered', async () => {
  await using world = await createProxyWorld({
    clusters: [edsCluster('app')],
    endpoints: [assignment('app', [APP.host, APP.port])],
    listeners: [
      listener('http', 8080, {
        filterChains: [{ filters: [httpManager({ rds: { routeConfigName: 'http.8080', configSource: ads() } })] }],
      }),
    ],
    routes: [routeTable('http.8080', 'app')],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  expect(await get(world.network, 8080)).toEqual({ status: 200, body: 'hello' });
});

test('leaves nothing open when it is disposed', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  await get(world.network, 9000);
  await proxy[Symbol.asyncDispose]();
  await world.clock.sleep(1);
  expect(world.network.openConnections()).toEqual([]);
  expect(world.clock.pendingTimers()).toBe(0);
});

test('leaves nothing open when its admin endpoint has no place', async () => {
  await using world = await createProxyWorld({ clusters: [staticCluster('app', APP.host, APP.port)] });
  const admin = { host: '127.0.0.1', port: 15000 };
  await using _ = await world.network.listen(POD_ZONE, admin, (connection) => connection.destroy());
  await expect(world.start({ admin })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  await world.clock.sleep(1);
  expect(world.network.openConnections()).toEqual([]);
  expect(world.clock.pendingTimers()).toBe(0);
});

test('names an unknown filter in its NACK while the listener accepted before keeps serving', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  const unknown = filter('envoy.filters.network.mongo_proxy', 'google.protobuf.Empty', {});
  world.ads.configure({
    listeners: [listener('tcp', 9000, { filterChains: [{ filters: [unknown, tcpProxy('app')] }] })],
  });
  await world.clock.sleep(10);
  expect(world.eventsOf('nack')).toMatchObject([
    {
      resourceType: 'LDS',
      error:
        "Error adding/updating listener(s) tcp: Didn't find a registered implementation for 'envoy.filters.network.mongo_proxy' with type URL: 'google.protobuf.Empty'",
    },
  ]);
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
});

test('serves the good listeners of a response that it rejects', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [
      listener('broken', 9001, { filterChains: [] }),
      TCP_LISTENER,
      listener('bad', 9002, { filterChains: [{ filters: [tcpProxy('')] }] }),
    ],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  await world.clock.sleep(1);
  expect(world.eventsOf('nack')[0]?.error.split('\n')).toEqual([
    "Error adding/updating listener(s) broken: error adding listener '0.0.0.0:9001': no filter chains specified",
    expect.stringMatching(/^bad: /),
  ]);
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
});

test('logs what it rejects as Envoy does', async () => {
  await using world = await createProxyWorld({
    clusters: [],
    listeners: [listener('empty', 9001, { filterChains: [] })],
  });
  const proxy = await world.start();
  await proxy.ready;
  await world.clock.sleep(1);
  expect(proxy.logs().map(({ text }) => text)).toEqual([
    expect.stringContaining(
      '\twarning\tenvoy config\tgRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding/updating listener(s) empty: ',
    ),
  ]);
});

test('refuses a second listener on the same address', async () => {
  const twin = listener('twin', 9000, { filterChains: [{ filters: [tcpProxy('app')] }] });
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER, twin],
  });
  const proxy = await world.start();
  await proxy.ready;
  await world.clock.sleep(1);
  expect(world.eventsOf('nack')[0]?.error).toContain(
    "twin: error adding listener: 'twin' has duplicate address '0.0.0.0:9000' as existing listener 'tcp'",
  );
});

test('gives every listener on port 0 a port of its own', async () => {
  const chain = { filterChains: [{ filters: [tcpProxy('app')] }] };
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [listener('one', 0, chain), listener('two', 0, chain)],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  const addresses = await proxy.addresses();
  expect(addresses.map(({ name }) => name)).toEqual(['one', 'two']);
  const answers = await Promise.all(addresses.map(({ address }) => get(world.network, address.port)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
});

test('shows an address to its new listener when the old one goes in the same push', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  world.ads.configure({ listeners: [listener('renamed', 9000, { filterChains: [{ filters: [tcpProxy('app')] }] })] });
  await world.clock.sleep(10);
  expect(world.eventsOf('nack')).toEqual([]);
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
});

test('dumps what serves, without private keys', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  const proxy = await world.start();
  await proxy.ready;
  expect(await proxy.configOf('cluster')).toMatchObject([{ name: 'app', connect_timeout: '10s' }]);
  expect(await proxy.configOf('listener')).toMatchObject([{ name: 'tcp', filter_chains: [{}] }]);
  expect(await proxy.configOf('route')).toEqual([]);
});

test('refuses a dialect it does not know, and names a near one', async () => {
  await using world = await createProxyWorld();
  await expect(world.start({ dialect: 'envoy-1.91' })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    hint: 'Did you mean "envoy-1.19"?',
  });
});

test('keeps serving while the control plane is away, and hears from it again', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP_LISTENER],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  world.ads.disconnectAll();
  await world.clock.sleep(1);
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
  await world.clock.sleep(60_000);
  world.ads.configure({ listeners: [] });
  await world.clock.sleep(10);
  await expect(get(world.network, 9000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('tells the same story with the same seed', async () => {
  const tell = async () => {
    await using world = await createProxyWorld({
      clusters: [staticCluster('app', APP.host, APP.port)],
      listeners: [TCP_LISTENER],
    });
    await using _ = await startApp(world.network);
    const proxy = await world.start({ logLevel: 'trace' });
    await proxy.ready;
    await get(world.network, 9000);
    world.ads.configure({ listeners: [] });
    await world.clock.sleep(60_000);
    return JSON.stringify(world.timeline.events());
  };
  expect(await tell()).toBe(await tell());
});
