import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';

const POST = 'POST / HTTP/1.1\r\nhost: a\r\n';
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n';

/** As a stock Envoy answers; `make conformance` compares. */
test.each([
  ['another transfer coding', `${POST}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, '501 Not Implemented'],
  [
    'a transfer coding that only resembles chunked',
    `${POST}transfer-encoding: xchunked\r\n\r\n`,
    '501 Not Implemented',
  ],
  ['an authority with a space', 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n', '400 Bad Request'],
  ['a target of another scheme', 'GET ftp://a/b HTTP/1.1\r\nhost: a\r\n\r\n', '400 Bad Request'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n', '400 Bad Request'],
  ['a version that is not served', 'GET / HTTP/2.0\r\nhost: a\r\n\r\n', '426 Upgrade Required'],
  ['a hundred and one headers', `${GET}${'x: 1\r\n'.repeat(100)}\r\n`, '431 Request Header Fields Too Large'],
  ['two lengths', `${POST}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, '400 Bad Request'],
  ['a method without a tunnel', 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', '404 Not Found'],
])('refuses %s and closes', async (_, bytes, status) => {
  const cluster = createScriptedCluster('app');
  const route = { match: { prefix: '/' }, route: { cluster: 'app' } };
  using rig = createHttpRig({ manager: { route_config: inlineRoutes(route) }, clusters: [cluster] });
  const connection = rig.connect();
  connection.write(bytes);
  const answer = await text(connection);
  expect(answer).toContain(`HTTP/1.1 ${status}\r\n`);
  expect(answer).toContain('server: envoy\r\n');
  expect(answer).toContain('connection: close\r\n');
  expect(cluster.sent).toEqual([]);
});

test.each([
  ['no header that `connection` names', ['connection', 'x-hop', 'x-hop', '1'], { 'x-hop': undefined }],
  ['no coding beside trailers', ['te', 'trailers, gzip'], { te: 'trailers' }],
  [
    'two forwarded headers as one',
    ['x-forwarded-for', '8.8.8.8', 'x-forwarded-for', '9.9.9.9'],
    { 'x-forwarded-for': '8.8.8.8,9.9.9.9' },
  ],
])('passes on %s', async (_, headers, expected) => {
  const cluster = createScriptedCluster('app');
  const route = { match: { prefix: '/' }, route: { cluster: 'app' } };
  using rig = createHttpRig({ manager: { route_config: inlineRoutes(route) }, clusters: [cluster] });
  await rig.call({ headers });
  const sent = cluster.sent[0]?.headers;
  for (const [name, value] of Object.entries(expected)) expect(sent?.get(name)).toBe(value);
});
