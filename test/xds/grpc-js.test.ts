import * as grpc from '@grpc/grpc-js';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createHostNetwork } from '#core/host-network.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { unpackAny } from '#xds/any-registry.ts';
import {
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
  type DiscoveryRequest,
  type DiscoveryResponse,
} from '#xds/generated/messages.js';
import { createGrpcEndpoint } from '#xds/grpc-endpoint.ts';
import { createGrpcStream } from '#xds/grpc-stream.ts';
import { CLUSTER_TYPE } from '#xds/resource-types.ts';
import { createCluster, createRequest, createResponse, testNode } from './discovery-messages.ts';
import { startTestClient } from './test-client.ts';
import { createTestServer } from './test-server.ts';
import { createWatched, type Watched } from './watched.ts';

// The second implementation of the transport: grpc-js with a method written by hand.
const method = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  requestStream: true,
  responseStream: true,
  requestSerialize: (request: DiscoveryRequest) => Buffer.from(toBinary(DiscoveryRequestSchema, request)),
  requestDeserialize: (bytes: Buffer) => fromBinary(DiscoveryRequestSchema, bytes),
  responseSerialize: (response: DiscoveryResponse) => Buffer.from(toBinary(DiscoveryResponseSchema, response)),
  responseDeserialize: (bytes: Buffer) => fromBinary(DiscoveryResponseSchema, bytes),
} as const;

type ServerCall = grpc.ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>;

test('serves a grpc-js client', async () => {
  await using served = await serveOverTcp();
  served.world.set(CLUSTER_TYPE, [createCluster('one')]);
  using client = openGrpcJsStream(served.port);
  client.call.write({ ...createRequest(CLUSTER_TYPE), node: testNode });
  const [response] = await client.responses.take(1);
  expect(response?.resources.map((any) => unpackAny(any))).toMatchObject([{ name: 'one' }]);
  client.call.write(createRequest(CLUSTER_TYPE, { version: 'v0', nonce: response?.nonce ?? '' }));
  await served.events.take(1, ({ type }) => type === 'acked');
  served.server.push({ version: 'v1', reason: 'test' });
  expect((await client.responses.take(2))[1]).toMatchObject({ versionInfo: 'v1' });
});

test('refuses a grpc-js client without a node as istiod does', async () => {
  await using served = await serveOverTcp();
  using client = openGrpcJsStream(served.port);
  client.call.write(createRequest(CLUSTER_TYPE));
  const [status] = await client.statuses.take(1);
  expect(status).toMatchObject({ code: grpc.status.INVALID_ARGUMENT, details: 'missing node information' });
});

test('ends the stream of a grpc-js client that has nothing more to say', async () => {
  await using served = await serveOverTcp();
  using client = openGrpcJsStream(served.port);
  client.call.end({ ...createRequest(CLUSTER_TYPE), node: testNode });
  expect(await client.statuses.take(1)).toMatchObject([{ code: grpc.status.OK }]);
});

test('does not serve the delta method', async () => {
  await using served = await serveOverTcp();
  using client = openGrpcJsStream(served.port, method.path.replace('Stream', 'Delta'));
  client.call.write({ ...createRequest(CLUSTER_TYPE), node: testNode });
  expect(await client.statuses.take(1)).toMatchObject([{ code: grpc.status.UNIMPLEMENTED }]);
});

test('accepts resources of a grpc-js server', async () => {
  using clock = createVirtualClock();
  await using served = await startGrpcJsServer();
  await using started = startTestClient(connectTo(served.port), clock);
  started.client.subscribe(CLUSTER_TYPE);
  const [call] = await served.calls.take(1);
  expect(await served.requests.take(1)).toMatchObject([{ node: testNode, typeUrl: CLUSTER_TYPE }]);
  call?.write({ ...createResponse(CLUSTER_TYPE, 'v1', 'n1'), resources: [createCluster('one').resource] });
  expect((await served.requests.take(2))[1]).toMatchObject({ versionInfo: 'v1', responseNonce: 'n1' });
  expect(started.received.all).toMatchObject([{ version: 'v1', resources: [createCluster('one').resource] }]);
});

test('tells a grpc-js server why it rejects', async () => {
  using clock = createVirtualClock();
  await using served = await startGrpcJsServer();
  const rejectAll = () => ({ rejected: 'cat: no such filter' });
  await using started = startTestClient(connectTo(served.port), clock, rejectAll);
  started.client.subscribe(CLUSTER_TYPE);
  const [call] = await served.calls.take(1);
  call?.write(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  const [, nack] = await served.requests.take(2);
  expect(nack?.errorDetail).toMatchObject({ code: grpc.status.INTERNAL, message: 'cat: no such filter' });
});

test.each([
  ['ends the stream', (call: ServerCall) => call.end()],
  ['is not ready', (call: ServerCall) => call.emit('error', { code: grpc.status.UNAVAILABLE, details: 'warming' })],
])('connects again when a grpc-js server %s', async (_, end) => {
  using clock = createVirtualClock();
  await using served = await startGrpcJsServer();
  await using started = startTestClient(connectTo(served.port), clock);
  started.client.subscribe(CLUSTER_TYPE);
  const [first] = await served.calls.take(1);
  first?.write(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  await served.requests.take(2);
  if (first !== undefined) end(first);
  expect((await served.requests.take(3))[2]).toMatchObject({ node: testNode, versionInfo: 'v1', responseNonce: '' });
});

async function serveOverTcp() {
  const { server, events, world } = createTestServer();
  const endpoint = createGrpcEndpoint(server.serve);
  const network = createHostNetwork(createRealClock());
  const listener = await network.listen('host', { host: '127.0.0.1', port: 0 }, endpoint.accept);
  return {
    server,
    events,
    world,
    port: listener.address.port,
    async [Symbol.asyncDispose]() {
      await listener.close();
      endpoint[Symbol.dispose]();
    },
  };
}

function openGrpcJsStream(port: number, path: string = method.path) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const call = client.makeBidiStreamRequest(path, method.requestSerialize, method.responseDeserialize);
  const responses = createWatched<DiscoveryResponse>();
  const statuses = createWatched<grpc.StatusObject>();
  call
    .on('data', responses.add)
    .on('status', statuses.add)
    .on('error', () => {});
  return {
    call,
    responses,
    statuses,
    [Symbol.dispose]() {
      call.cancel();
      client.close();
    },
  };
}

interface GrpcJsServer extends AsyncDisposable {
  readonly port: number;
  readonly calls: Watched<ServerCall>;
  readonly requests: Watched<DiscoveryRequest>;
}

async function startGrpcJsServer(): Promise<GrpcJsServer> {
  const calls = createWatched<ServerCall>();
  const requests = createWatched<DiscoveryRequest>();
  const server = new grpc.Server();
  server.addService(
    { streamAggregatedResources: method },
    {
      streamAggregatedResources(call: ServerCall) {
        calls.add(call);
        call.on('data', requests.add).on('error', () => {});
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    const settle = (error: Error | null, bound: number) => (error === null ? resolve(bound) : reject(error));
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), settle);
  });
  return { port, calls, requests, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}

function connectTo(port: number) {
  const clock = createRealClock();
  const network = createHostNetwork(clock);
  return createGrpcStream({
    clock,
    connect: (signal) => network.connect('host', { host: '127.0.0.1', port }, { signal }),
  });
}
