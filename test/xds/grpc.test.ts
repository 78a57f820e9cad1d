import { setImmediate as nextTurn } from 'node:timers/promises';
import { create, fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHostNetwork } from '#core/host-network.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import type { Listener, Network } from '#core/network.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import { packAny } from '#xds/any-registry.ts';
import type { DiscoveryStream } from '#xds/discovery-stream.ts';
import { DiscoveryRequestSchema, RouteConfigurationSchema } from '#xds/generated/messages.js';
import { createGrpcEndpoint, type GrpcEndpoint } from '#xds/grpc-endpoint.ts';
import { createGrpcStream } from '#xds/grpc-stream.ts';
import { CLUSTER_TYPE, ENDPOINT_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { createCluster, createRequest } from './discovery-messages.ts';
import { startTestClient } from './test-client.ts';
import { createTestServer, type TestServer } from './test-server.ts';

const ZONE = 'east';

function createMemoryNetwork(clock: VirtualClock): Network {
  const network = new MemoryNetwork({ clock });
  network.addZone(ZONE);
  network.addHost(ZONE, '127.0.0.1');
  return network;
}

describe.each([
  ['in memory', createMemoryNetwork],
  ['over TCP', createHostNetwork],
])('discovery %s', (_, createNetwork) => {
  let clock: VirtualClock;
  let network: Network;
  let tested: TestServer;
  let endpoint: GrpcEndpoint;
  let listener: Listener;
  let stream: DiscoveryStream;

  beforeEach(async () => {
    clock = createVirtualClock();
    network = createNetwork(clock);
    tested = createTestServer();
    endpoint = createGrpcEndpoint(tested.server.serve);
    listener = await network.listen(ZONE, { host: '127.0.0.1', port: 0 }, endpoint.accept);
    stream = createGrpcStream({ clock, connect: (signal) => network.connect(ZONE, listener.address, { signal }) });
  });

  afterEach(async () => {
    await listener.close();
    endpoint[Symbol.dispose]();
    clock[Symbol.dispose]();
  });

  test('delivers resources and acknowledges them', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('one'), createCluster('two')]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    const [received] = await started.received.take(1);
    expect(received?.resources).toEqual([createCluster('one').resource, createCluster('two').resource]);
    const [acked] = await tested.events.take(1, ({ type }) => type === 'acked');
    expect(acked).toMatchObject({ version: 'v0', nonce: received?.nonce });
  });

  test('pushes a new version to a waiting client', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    await tested.events.take(1, ({ type }) => type === 'acked');
    tested.world.set(CLUSTER_TYPE, []);
    tested.server.push({ version: 'v1', reason: 'cluster deleted' });
    const [, second] = await started.received.take(2);
    expect(second).toMatchObject({ version: 'v1', resources: [] });
    expect(await tested.events.take(2, ({ type }) => type === 'acked')).toMatchObject([{}, { version: 'v1' }]);
  });

  test('tells the server the text of a rejection', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('cat')]);
    await using started = startTestClient(stream, clock, () => ({ rejected: 'cat: no such filter' }));
    started.client.subscribe(CLUSTER_TYPE);
    const [nacked] = await tested.events.take(1, ({ type }) => type === 'nacked');
    expect(nacked).toMatchObject({ typeUrl: CLUSTER_TYPE, version: 'v0', error: 'cat: no such filter' });
  });

  test('serves the endpoints of clusters that were just received', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    tested.world.set(ENDPOINT_TYPE, [createCluster('one'), createCluster('other')]);
    await using started = startTestClient(stream, clock, ({ typeUrl }) => {
      if (typeUrl === CLUSTER_TYPE) started.client.subscribe(ENDPOINT_TYPE, ['one']);
      return 'accepted';
    });
    started.client.subscribe(CLUSTER_TYPE);
    const [, endpoints] = await started.received.take(2);
    expect(endpoints).toMatchObject({ typeUrl: ENDPOINT_TYPE, resources: [createCluster('one').resource] });
  });

  test('connects again when its connection breaks, without forgetting its version', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    await tested.events.take(1, ({ type }) => type === 'acked');
    endpoint.disconnectAll();
    await tested.events.take(2, ({ type }) => type === 'connected');
    await started.received.take(2);
    expect(tested.server.connections()).toMatchObject([{ connection: 2 }]);
    expect(started.events.all.filter(({ type }) => type === 'stream-ended')).toHaveLength(1);
  });

  test('tries again until the server listens', async () => {
    const { address } = listener;
    await listener.close();
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    await started.events.take(3, ({ type }) => type === 'stream-ended');
    listener = await network.listen(ZONE, address, endpoint.accept);
    await started.received.take(1);
    expect(started.events.all.find(({ type }) => type === 'stream-ended')).toMatchObject({
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('forgets a client that stops', async () => {
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    const started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    await started.received.take(1);
    await started.client[Symbol.asyncDispose]();
    await tested.events.take(1, ({ type }) => type === 'disconnected');
    expect(tested.server.connections()).toEqual([]);
  });

  test('refuses a stream without a node', async () => {
    async function* requests() {
      yield createRequest(CLUSTER_TYPE);
    }
    const responses = stream(requests(), new AbortController().signal)[Symbol.asyncIterator]();
    await expect(responses.next()).rejects.toThrow('[invalid_argument] missing node information');
  });

  test('carries a table of 10,000 routes', async () => {
    const table = createRouteTable(10_000);
    expect(table.value.length).toBeGreaterThan(6_000_000);
    tested.world.set(ROUTE_TYPE, [{ name: '80', resource: table }]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(ROUTE_TYPE, ['80']);
    const [received] = await started.received.take(1);
    const routes = fromBinary(RouteConfigurationSchema, received?.resources[0]?.value ?? new Uint8Array());
    expect(routes.virtualHosts[0]?.routes).toHaveLength(10_000);
  });

  test('survives a client that sends garbage', async () => {
    const connection = await network.connect(ZONE, listener.address);
    connection.on('error', () => {});
    connection.resume();
    connection.end('GET / HTTP/1.1\r\nhost: istiod\r\n\r\n');
    await new Promise((resolve) => connection.once('close', resolve));
    tested.world.set(CLUSTER_TYPE, [createCluster('one')]);
    await using started = startTestClient(stream, clock);
    started.client.subscribe(CLUSTER_TYPE);
    await started.received.take(1);
    expect(tested.server.connections()).toHaveLength(1);
  });

  test('merges pushes for a client that does not read', async () => {
    tested.world.set(ROUTE_TYPE, [{ name: '80', resource: createRouteTable(10_000) }]);
    const opened = stream(endlessRequest(), new AbortController().signal)[Symbol.asyncIterator]();
    await opened.next();
    for (let push = 1; push <= 50; push++) {
      tested.server.push({ version: `v${push}`, reason: 'test' });
      await nextTurn();
    }
    const pushed = tested.events.all.filter(({ type }) => type === 'pushed');
    expect(pushed.length).toBeLessThan(6);
    await opened.return?.();
  });
});

test('tries again when nothing answers a connect', async () => {
  using clock = createVirtualClock();
  const network = createMemoryNetwork(clock);
  const address = { host: '10.43.0.10', port: 15010 };
  const stream = createGrpcStream({ clock, connect: (signal) => network.connect(ZONE, address, { signal }) });
  await using started = startTestClient(stream, clock);
  const [end] = await started.events.take(1, ({ type }) => type === 'stream-ended');
  expect(end).toMatchObject({ reason: 'ETIMEDOUT: no connection after 10000 ms' });
});

async function* endlessRequest() {
  yield create(DiscoveryRequestSchema, { typeUrl: ROUTE_TYPE, resourceNames: ['80'], node: { id: 'slow' } });
  await new Promise(() => {});
}

function createRouteTable(count: number) {
  const routes = Array.from({ length: count }, (_, index) => ({
    name: `default/cat-${index}`,
    match: { pathSpecifier: { case: 'prefix' as const, value: `/cat/${index}/${'x'.repeat(560)}` } },
    action: {
      case: 'route' as const,
      value: { clusterSpecifier: { case: 'cluster' as const, value: 'outbound|80||cat.default.svc.cluster.local' } },
    },
  }));
  return packAny(RouteConfigurationSchema, { name: '80', virtualHosts: [{ name: 'cat', domains: ['*'], routes }] });
}
