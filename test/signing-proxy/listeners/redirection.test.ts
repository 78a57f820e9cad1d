import { expect, test } from 'vitest';
import { APP, get, startApp } from '../support/http-app.ts';
import { createProxyWorld, POD_ZONE } from '../support/proxy-world.ts';
import { filter, listener, socketAddress, staticCluster, tcpProxy } from '../support/resources.ts';

const inspectors = [
  filter('envoy.filters.listener.tls_inspector', 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector', {}),
  filter(
    'envoy.filters.listener.http_inspector',
    'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
    {},
  ),
];

const VIRTUAL_INBOUND = listener('virtualInbound', 15006, {
  useOriginalDst: true,
  trafficDirection: 'INBOUND',
  listenerFilters: inspectors,
  filterChains: [
    { filterChainMatch: { destinationPort: 80, transportProtocol: 'raw_buffer' }, filters: [tcpProxy('inbound|80||')] },
    {
      filterChainMatch: { destinationPort: 90, applicationProtocols: ['http/1.1'] },
      filters: [tcpProxy('inbound|90||')],
    },
  ],
});

const inboundCluster = (port: number) => ({
  name: `inbound|${port}||`,
  type: 'ORIGINAL_DST',
  lbPolicy: 'CLUSTER_PROVIDED',
  connectTimeout: '10s',
});

test('accepts on every destination port and goes on to the application on the pod loopback', async () => {
  await using world = await createProxyWorld({
    clusters: [inboundCluster(80), inboundCluster(90)],
    listeners: [VIRTUAL_INBOUND],
  });
  await using _ = await startApp(world.network, 'eighty', { zone: POD_ZONE, host: '127.0.0.1', port: 80 });
  await using __ = await startApp(world.network, 'ninety', { zone: POD_ZONE, host: '127.0.0.1', port: 90 });
  const proxy = await world.start();
  await proxy.ready;
  expect(await get(world.network, 80)).toEqual({ status: 200, body: 'eighty' });
  expect(await get(world.network, 90)).toEqual({ status: 200, body: 'ninety' });
  await expect(get(world.network, 15006)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('closes a connection that fits no chain, and says so', async () => {
  await using world = await createProxyWorld({ clusters: [inboundCluster(90)], listeners: [VIRTUAL_INBOUND] });
  const proxy = await world.start();
  await proxy.ready;
  const connection = await world.network.connect('east', { host: '10.42.0.5', port: 90 });
  connection.resume().write('neither TLS nor HTTP\n');
  await new Promise((resolve) => connection.once('end', resolve));
  connection.destroy();
  expect(world.eventsOf('connection')).toMatchObject([
    { phase: 'refused', to: '10.42.0.5:90', reason: 'no matching filter chain found' },
  ]);
});

test('closes a connection that stays silent while it is inspected', async () => {
  await using world = await createProxyWorld({ clusters: [inboundCluster(90)], listeners: [VIRTUAL_INBOUND] });
  const proxy = await world.start();
  await proxy.ready;
  const started = world.clock.now();
  const connection = await world.network.connect('east', { host: '10.42.0.5', port: 90 });
  await new Promise((resolve) => connection.resume().once('end', resolve));
  connection.destroy();
  expect(world.clock.now() - started).toBe(15_000);
});

const VIRTUAL_OUTBOUND = listener('virtualOutbound', 15001, {
  useOriginalDst: true,
  trafficDirection: 'OUTBOUND',
  filterChains: [{ filters: [tcpProxy('PassthroughCluster')] }],
});
const PASSTHROUGH = {
  name: 'PassthroughCluster',
  type: 'ORIGINAL_DST',
  lbPolicy: 'CLUSTER_PROVIDED',
  connectTimeout: '10s',
};
const SERVICE = { host: '10.43.7.7', port: 8000 };
const unbound = (name: string, host: string) => ({
  ...listener(name, SERVICE.port, { bindToPort: false, filterChains: [{ filters: [tcpProxy(name)] }] }),
  address: socketAddress(host, SERVICE.port),
});

test('gives redirected outbound connections to the listener of their destination', async () => {
  await using world = await createProxyWorld({
    clusters: [PASSTHROUGH, staticCluster('any', APP.host, APP.port), staticCluster('exact', '10.42.0.10', 8080)],
    listeners: [VIRTUAL_OUTBOUND, unbound('any', '0.0.0.0'), unbound('exact', SERVICE.host)],
  });
  const redirect = (host: string) =>
    world.network.redirect(POD_ZONE, { host, port: SERVICE.port }, { host: '127.0.0.1', port: 15001 });
  redirect(SERVICE.host);
  redirect('10.43.8.8');
  await using _ = await startApp(world.network, 'by port');
  await using __ = await startApp(world.network, 'by address', { host: '10.42.0.10', port: 8080 });
  const proxy = await world.start();
  await proxy.ready;
  expect(await get(world.network, SERVICE.port, { zone: POD_ZONE, host: SERVICE.host })).toMatchObject({
    body: 'by address',
  });
  expect(await get(world.network, SERVICE.port, { zone: POD_ZONE, host: '10.43.8.8' })).toMatchObject({
    body: 'by port',
  });
});

test('spreads connections over weighted clusters', async () => {
  const weighted = filter('envoy.filters.network.tcp_proxy', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    statPrefix: 'weighted',
    weightedClusters: {
      clusters: [
        { name: 'one', weight: 1 },
        { name: 'two', weight: 3 },
      ],
    },
  });
  await using world = await createProxyWorld({
    clusters: [staticCluster('one', APP.host, APP.port), staticCluster('two', '10.42.0.10', 8080)],
    listeners: [listener('tcp', 9000, { filterChains: [{ filters: [weighted] }] })],
  });
  await using one = await startApp(world.network);
  await using two = await startApp(world.network, 'hello', { host: '10.42.0.10', port: 8080 });
  const proxy = await world.start();
  await proxy.ready;
  for (let count = 0; count < 40; count++) await get(world.network, 9000);
  expect(one.connections() + two.connections()).toBe(40);
  expect(two.connections()).toBeGreaterThan(22);
});

test('lets redirected connections to unknown places pass to where they wanted to go', async () => {
  await using world = await createProxyWorld({ clusters: [PASSTHROUGH], listeners: [VIRTUAL_OUTBOUND] });
  world.network.redirect(POD_ZONE, APP, { host: '127.0.0.1', port: 15001 });
  await using _ = await startApp(world.network, 'straight');
  const proxy = await world.start();
  await proxy.ready;
  expect(await get(world.network, APP.port, { zone: POD_ZONE, host: APP.host })).toEqual({
    status: 200,
    body: 'straight',
  });
});
