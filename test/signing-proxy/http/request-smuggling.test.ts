import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';

const POST = 'POST / HTTP/1.1\r\nhost: a\r\n';

/** Sends raw bytes; returns what came back and what went on. */
async function send(bytes: string, manager: object = {}) {
  const cluster = createScriptedCluster('app');
  const routes = inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' } });
  using rig = createHttpRig({ manager: { route_config: routes, ...manager }, clusters: [cluster] });
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write(bytes);
  return { answer: await text(connection), passedOn: cluster.sent.length };
}

test.each([
  ['two lengths that differ', `${POST}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
  ['two lengths in one header', `${POST}content-length: 1, 2\r\n\r\nab`],
  ['a length beside chunked', `${POST}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunked before a length', `${POST}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n`],
  ['a length that is no number', `${POST}content-length: 1e1\r\n\r\n`],
  ['a negative length', `${POST}content-length: -1\r\n\r\n`],
  ['a bare line feed after a header', 'GET / HTTP/1.1\r\nhost: a\nx: 1\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nhost: a\r\nx : 1\r\n\r\n'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nhost: a\r\nx\r\n\r\n'],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\0\r\n\r\n'],
  ['a bare carriage return in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\ry: 2\r\n\r\n'],
])('answers %s with 400 and passes nothing on', async (_, bytes) => {
  const { answer, passedOn } = await send(bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(passedOn).toBe(0);
});

test.each([
  ['a bare line feed after the request line', 'GET / HTTP/1.1\nhost: a\r\n\r\n'],
  ['no protocol at all', 'GET /\r\n\r\n'],
])('asks for another protocol at %s and passes nothing on', async (_, bytes) => {
  const { answer, passedOn } = await send(bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
  expect(passedOn).toBe(0);
});

test.each([
  ['a chunk size that is none', 'x\r\n'],
  ['a chunk longer than its size', '1\r\nab\r\n0\r\n\r\n'],
  ['a chunk that ends in a bare line feed', '1\r\na\n0\r\n\r\n'],
])('breaks off at %s', async (_, body) => {
  const { answer } = await send(`${POST}transfer-encoding: chunked\r\n\r\n${body}`);
  expect(answer).not.toContain('200 OK');
});

test('never takes the rest of a refused request for another one', async () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n';
  const { answer, passedOn } = await send(
    `${POST}content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  );
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(passedOn).toBe(0);
});

test('answers headers above the limit with 431', async () => {
  const { answer, passedOn } = await send(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(2048)}\r\n\r\n`, {
    max_request_headers_kb: 1,
  });
  expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  expect(passedOn).toBe(0);
});
