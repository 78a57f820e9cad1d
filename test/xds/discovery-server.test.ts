import { expect, test } from 'vitest';
import type { DiscoveryRequest, DiscoveryResponse } from '#xds/generated/messages.js';
import { createMessageQueue } from '#xds/message-queue.ts';
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  getShortName,
  LISTENER_TYPE,
  ROUTE_TYPE,
  SECRET_TYPE,
} from '#xds/resource-types.ts';
import { createCluster, createRequest, testNode, type RequestFields } from './discovery-messages.ts';
import { createTestServer, type TestServer } from './test-server.ts';

const ALL_TYPES = [SECRET_TYPE, ROUTE_TYPE, LISTENER_TYPE, ENDPOINT_TYPE, CLUSTER_TYPE];

/** A client of which the test plays every move. */
function connect({ server }: TestServer) {
  const requests = createMessageQueue<DiscoveryRequest>();
  const leaving = new AbortController();
  const responses = server.serve(requests, leaving.signal)[Symbol.asyncIterator]();
  let isFirst = true;
  return {
    send(typeUrl: string, fields: RequestFields = {}) {
      const request = createRequest(typeUrl, fields);
      if (isFirst) request.node = testNode;
      isFirst = false;
      requests.push(request);
    },
    receive: async () => (await responses.next()).value as DiscoveryResponse,
    end: () => requests.end(),
    leave: () => leaving.abort(),
  };
}

function createServerOfAll(): TestServer {
  const test = createTestServer();
  for (const typeUrl of ALL_TYPES) test.world.set(typeUrl, [createCluster('one'), createCluster('two')]);
  return test;
}

test.each([
  ['no node', createRequest(CLUSTER_TYPE)],
  ['a node without id', { ...createRequest(CLUSTER_TYPE), node: { ...testNode, id: '' } }],
])('ends a stream that starts with %s', async (_, request) => {
  const { server } = createTestServer();
  const requests = createMessageQueue<DiscoveryRequest>();
  requests.push(request);
  const responses = server.serve(requests, new AbortController().signal)[Symbol.asyncIterator]();
  await expect(responses.next()).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: 'missing node information',
  });
  expect(server.connections()).toEqual([]);
});

test('gives each response the version of the push and a nonce made of it', async () => {
  const client = connect(createServerOfAll());
  client.send(CLUSTER_TYPE);
  const response = await client.receive();
  expect(response).toMatchObject({ typeUrl: CLUSTER_TYPE, versionInfo: 'v0' });
  expect(response.nonce).toMatch(/^v0[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(response.controlPlane).toBeUndefined();
});

test('pushes clusters, endpoints, listeners, routes and secrets in this order', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  for (const typeUrl of ALL_TYPES) {
    client.send(typeUrl, { names: ['one'] });
    await client.receive();
  }
  test.server.push({ version: 'v1', reason: 'test' });
  const pushed = [];
  for (const _ of ALL_TYPES) pushed.push(await client.receive());
  expect(pushed.map(({ typeUrl }) => getShortName(typeUrl))).toEqual(['CDS', 'EDS', 'LDS', 'RDS', 'SDS']);
  expect(new Set(pushed.map(({ versionInfo }) => versionInfo))).toEqual(new Set(['v1']));
});

test('pushes only the types that changed', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  client.send(CLUSTER_TYPE);
  await client.receive();
  client.send(ROUTE_TYPE, { names: ['one'] });
  await client.receive();
  test.server.push({ version: 'v1', reason: 'route changed', only: new Set([ROUTE_TYPE]) });
  expect((await client.receive()).typeUrl).toBe(ROUTE_TYPE);
});

test('merges the pushes that come while one is under way', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  client.send(CLUSTER_TYPE);
  await client.receive();
  test.server.push({ version: 'v1', reason: 'first' });
  expect(await client.receive()).toMatchObject({ versionInfo: 'v1' });
  test.server.push({ version: 'v2', reason: 'second', only: new Set([CLUSTER_TYPE]) });
  test.server.push({ version: 'v3', reason: 'third', only: new Set([LISTENER_TYPE]) });
  test.server.push({ version: 'v4', reason: 'third' });
  expect(await client.receive()).toMatchObject({ versionInfo: 'v4' });
  const [, , last] = await test.events.take(3, ({ type }) => type === 'pushed');
  expect(last).toMatchObject({ reason: 'second, third', version: 'v4' });
});

test('sends nothing when the generator says nothing', async () => {
  const test = createServerOfAll();
  test.world.delete(SECRET_TYPE);
  const client = connect(test);
  client.send(SECRET_TYPE, { names: ['kubernetes://missing'] });
  client.send(CLUSTER_TYPE);
  expect((await client.receive()).typeUrl).toBe(CLUSTER_TYPE);
  expect(test.server.connections()[0]?.watches).toMatchObject([{ typeUrl: SECRET_TYPE, nonceSent: '' }, {}]);
});

test('answers added names with the added resources only', async () => {
  const client = connect(createServerOfAll());
  client.send(ROUTE_TYPE, { names: ['one'] });
  const { nonce } = await client.receive();
  client.send(ROUTE_TYPE, { names: ['one', 'two'], nonce, version: 'v0' });
  expect((await client.receive()).resources).toEqual([createCluster('two').resource]);
});

test('reports acknowledgements and rejections with their texts', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  client.send(CLUSTER_TYPE);
  const first = await client.receive();
  client.send(CLUSTER_TYPE, { version: 'v0', nonce: first.nonce });
  client.send(LISTENER_TYPE);
  const second = await client.receive();
  client.send(LISTENER_TYPE, { nonce: second.nonce, error: 'cat: no such filter' });
  client.end();
  await expect(client.receive()).resolves.toBeUndefined();
  expect(test.events.all.map(({ type }) => type)).toEqual([
    'connected',
    'pushed',
    'acked',
    'pushed',
    'nacked',
    'disconnected',
  ]);
  expect(test.events.all[2]).toMatchObject({ connection: 1, node: testNode, version: 'v0', nonce: first.nonce });
  expect(test.events.all[4]).toMatchObject({ version: 'v0', nonce: second.nonce, error: 'cat: no such filter' });
});

test('says per client and type what was sent, accepted and rejected', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  client.send(CLUSTER_TYPE);
  const { nonce } = await client.receive();
  client.send(CLUSTER_TYPE, { version: 'v0', nonce });
  client.send(LISTENER_TYPE);
  const { nonce: rejected } = await client.receive();
  client.send(LISTENER_TYPE, { nonce: rejected, error: 'bad' });
  client.send(ROUTE_TYPE, { names: ['one'] });
  await client.receive();
  expect(test.server.connections()).toMatchObject([
    {
      connection: 1,
      node: testNode,
      watches: [
        { typeUrl: CLUSTER_TYPE, nonceSent: nonce, nonceAcked: nonce, rejection: undefined },
        { typeUrl: LISTENER_TYPE, nonceSent: rejected, nonceAcked: '', rejection: { nonce: rejected, message: 'bad' } },
        { typeUrl: ROUTE_TYPE, names: ['one'], nonceAcked: '' },
      ],
    },
  ]);
});

test('forgets a client that leaves while a response is under way', async () => {
  const test = createServerOfAll();
  const client = connect(test);
  client.send(CLUSTER_TYPE);
  await client.receive();
  test.server.push({ version: 'v1', reason: 'test' });
  await client.receive();
  client.leave();
  await test.events.take(1, ({ type }) => type === 'disconnected');
  expect(test.server.connections()).toEqual([]);
});
