import { connect } from 'node:http2';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startApp, APP } from '../support/http-app.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';
import { createProxyWorld, POD_IP } from '../support/proxy-world.ts';
import { filter, httpManager, listener, routeTable, staticCluster } from '../support/resources.ts';

const LAMBDA = filter('envoy.filters.http.aws_lambda', 'envoy.extensions.filters.http.aws_lambda.v3.Config', {
  arn: 'arn:aws:lambda:eu-west-1:123456789012:function:hello',
  payloadPassthrough: true,
});
const ROUTER = filter('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', {});

/** A proxy whose filter has to see whole bodies, on a listener that holds 1,000 bytes. */
async function startBuffering(manager: object = {}) {
  const metadata = { filterMetadata: { 'com.amazonaws.lambda': { egress_gateway: true } } };
  const world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port, { metadata })],
    listeners: [
      listener('small', 8080, {
        perConnectionBufferLimitBytes: 1000,
        filterChains: [
          {
            filters: [
              httpManager({ httpFilters: [LAMBDA, ROUTER], routeConfig: routeTable('all', 'app'), ...manager }),
            ],
          },
        ],
      }),
    ],
  });
  const proxy = await world.start();
  await proxy.ready;
  return world;
}

const HEAD = 'POST / HTTP/1.1\r\nhost: a\r\n';

test.each([
  ['at once', [`${HEAD}content-length: 1001\r\n\r\n${'x'.repeat(1001)}`]],
  ['bit by bit', [`${HEAD}content-length: 5000\r\n\r\n`, 'x'.repeat(900), 'x'.repeat(900)]],
  ['in chunks', [`${HEAD}transfer-encoding: chunked\r\n\r\n`, `400\r\n${'x'.repeat(1024)}\r\n`]],
])('refuses a body over the buffer of the listener that comes %s, and closes', async (_, parts) => {
  await using world = await startBuffering();
  const connection = await world.network.connect('east', { host: POD_IP, port: 8080 });
  for (const part of parts) connection.write(part);
  const [head = '', body] = (await text(connection)).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
  expect(head).toContain('content-type: text/plain\r\n');
  expect(head).toContain('connection: close');
  expect(body).toBe('Payload Too Large');
});

test('passes a body on that just fits', async () => {
  await using world = await startBuffering();
  await using _ = await startApp(world.network);
  const connection = await world.network.connect('east', { host: POD_IP, port: 8080 });
  connection.write(`${HEAD}connection: close\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(1000)}`);
  expect(await text(connection)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test.each([
  ['has the window of a stream as limit, which is wide', {}, 200],
  ['refuses what does not fit into the window', { http2ProtocolOptions: { initialStreamWindowSize: 65_535 } }, 413],
])('HTTP/2 %s', async (_, manager, status) => {
  await using world = await startBuffering(manager);
  await using _app = await startApp(world.network);
  const socket = await world.network.connect('east', { host: POD_IP, port: 8080 });
  const session = connect('http://a', { createConnection: () => socket });
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  stream.on('error', () => {});
  stream.end('x'.repeat(100_000));
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  expect(headers[':status']).toBe(status);
  session.destroy();
});

test.each([
  ['one long header', `x: ${'x'.repeat(62_000)}\r\n`],
  ['many headers', `x: ${'x'.repeat(1_000)}\r\n`.repeat(62)],
])('refuses %s over the limit of 60 KiB with 431', async (_, headers) => {
  const cluster = createScriptedCluster('app');
  const route = { match: { prefix: '/' }, route: { cluster: 'app' } };
  using rig = createHttpRig({ manager: { route_config: inlineRoutes(route) }, clusters: [cluster] });
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write(`GET / HTTP/1.1\r\nhost: a\r\n${headers}\r\n`);
  const answer = await text(connection);
  expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  expect(answer).toContain('connection: close\r\n');
  expect(cluster.sent).toEqual([]);
});

const RETRY = { retry_on: '5xx', retry_back_off: { base_interval: '0.001s' } };

test.each([
  ['sends a body again that its route lets it keep', 90, 2],
  ['sends a body once that is larger than that', 110, 1],
])('%s', async (_, size, attempts) => {
  const cluster = createScriptedCluster('app', () => ({ status: 503 }));
  const route = {
    match: { prefix: '/' },
    per_request_buffer_limit_bytes: 100,
    route: { cluster: 'app', retry_policy: RETRY },
  };
  using rig = createHttpRig({ manager: { route_config: inlineRoutes(route) }, clusters: [cluster] });
  const { status } = await rig.call({ method: 'POST', body: 'x'.repeat(size) });
  expect(status).toBe(503);
  expect(cluster.sent.map(({ body }) => body.length)).toEqual(Array(attempts).fill(size));
});
