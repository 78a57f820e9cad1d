import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes, type ScriptedAnswer } from '../../support/http-rig.ts';

function createRig(
  script: (path: string, body: string) => ScriptedAnswer | Promise<ScriptedAnswer>,
  manager: object = {},
) {
  const cluster = createScriptedCluster('app', ({ headers, body }) => script(headers.get(':path') ?? '', body));
  const routes = inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' } });
  return { cluster, rig: createHttpRig({ manager: { route_config: routes, ...manager }, clusters: [cluster] }) };
}

const CLOSE = 'connection: close\r\n';
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers}\r\n`;

test('answers requests that came in one piece one after the other', async () => {
  const { rig, cluster } = createRig((path) => ({ headers: { 'content-length': '2' }, body: path }));
  using _ = rig;
  const connection = rig.connect();
  connection.write(get('/1') + get('/2') + get('/3', CLOSE));
  const answers = await text(connection);
  expect(answers.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3']);
  expect(cluster.sent).toHaveLength(3);
});

test('has one request under way at a time', async () => {
  const underWay: number[] = [];
  let count = 0;
  const { rig } = createRig(async () => {
    underWay.push(++count);
    await rig.context.clock.sleep(10);
    count--;
    return {};
  });
  using _ = rig;
  const connection = rig.connect();
  connection.write(get('/1') + get('/2') + get('/3', CLOSE));
  await text(connection);
  expect(underWay).toEqual([1, 1, 1]);
});

test.each([1, 100, 100_000])('passes on a body of %i bytes that comes in pieces', async (size) => {
  const { rig } = createRig((_, body) => ({ body: Readable.from([Buffer.from(body)]) }));
  using _ = rig;
  const connection = rig.connect();
  const body = Buffer.alloc(size, 'x');
  connection.write(`POST / HTTP/1.1\r\nhost: a\r\n${CLOSE}content-length: ${size}\r\n\r\n`);
  for (let sent = 0; sent < size; sent += 30_000) {
    await rig.context.clock.sleep(1);
    connection.write(body.subarray(sent, sent + 30_000));
  }
  const answer = (await buffer(connection)).toString();
  expect(answer.match(/x/g)?.length).toBeGreaterThanOrEqual(size);
});

test('closes after an answer that came before the end of the request', async () => {
  const { rig } = createRig(() => ({}));
  using _ = rig;
  const connection = rig.connect();
  connection.write('POST / HTTP/1.1\r\nhost: a#\r\ncontent-length: 10\r\n\r\nhalf');
  expect(await text(connection)).toMatch(/^HTTP\/1\.1 400 [^]*\r\nconnection: close\r\n/);
});

test('frames an answer without length in chunks, and ends it', async () => {
  const { rig } = createRig(() => ({ body: 'hello' }));
  using _ = rig;
  const connection = rig.connect();
  connection.write(get('/', CLOSE));
  expect(await text(connection)).toMatch(/\r\ntransfer-encoding: chunked\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
});

test('ends an answer of unknown length to HTTP/1.0 with the connection', async () => {
  const { rig } = createRig(() => ({ body: 'hello' }), { http_protocol_options: { accept_http_10: true } });
  using _ = rig;
  const connection = rig.connect();
  connection.write('GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n');
  const answer = await text(connection);
  expect(answer).toMatch(/\r\nconnection: close\r\n\r\nhello$/);
  expect(answer).not.toContain('transfer-encoding');
});

test('never sends a header that would end its line', async () => {
  const { rig } = createRig(() => ({ headers: { 'x-a': '1\r\nx-b: 2' } }));
  using _ = rig;
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write(get('/', CLOSE));
  expect(await text(connection).catch(() => '')).not.toContain('x-b');
});

test('gives a request up when its caller closes his side', async () => {
  const { rig, cluster } = createRig(() => new Promise(() => {}));
  using _ = rig;
  const connection = rig.connect();
  connection.write(get('/'));
  await expect.poll(() => cluster.sent.length).toBe(1);
  connection.end();
  await expect.poll(() => cluster.sent[0]?.attempt.signal.aborted).toBe(true);
});

test('breaks off when a later part of a body is no chunk', async () => {
  const { rig, cluster } = createRig(() => ({}));
  using _ = rig;
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
  await rig.context.clock.sleep(1);
  connection.write('no size\r\n');
  expect(await text(connection).catch(() => '')).toBe('');
  expect(cluster.sent).toHaveLength(0);
});
