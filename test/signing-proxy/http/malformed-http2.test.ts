import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [HEADERS, SETTINGS, WINDOW_UPDATE] = [1, 4, 8];
const [GOAWAY, RST_STREAM] = [7, 3];
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(type: number, { stream = 0, flags = 0, payload = Buffer.alloc(0) as Buffer } = {}): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literals without indexing (RFC 7541 6.2.2). */
function block(...headers: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  return Buffer.concat(headers.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])));
}

const GET = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a'],
] as const;

const request = (...headers: readonly (readonly [string, string])[]) =>
  frame(HEADERS, { stream: 1, flags: END_STREAM | END_HEADERS, payload: block(...headers) });

/** The types of the frames that came back, and how many requests went on. */
async function send(...frames: readonly Buffer[]) {
  const cluster = createScriptedCluster('app');
  const routes = inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' } });
  using rig = createHttpRig({ manager: { route_config: routes }, clusters: [cluster] });
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write(Buffer.concat([PREFACE, frame(SETTINGS), ...frames]));
  // Ends what the proxy keeps open.
  rig.context.clock.setTimer(1000, () => void connection.end());
  return { types: listTypes(await buffer(connection)), passedOn: cluster.sent.length };
}

function listTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes[at + 3] ?? -1);
  return types;
}

test('answers a request of well-formed frames', async () => {
  const { types, passedOn } = await send(request(...GET));
  expect(types).toContain(HEADERS);
  expect(passedOn).toBe(1);
});

test.each([
  ['HEADERS on an even stream', frame(HEADERS, { stream: 2, flags: END_HEADERS, payload: block(...GET) })],
  ['SETTINGS on a stream', frame(SETTINGS, { stream: 1 })],
  ['a window of nothing on the connection', frame(WINDOW_UPDATE, { payload: Buffer.alloc(4) })],
])('tells the caller to go away after %s', async (_, bytes) => {
  const { types, passedOn } = await send(bytes);
  expect(types).toContain(GOAWAY);
  expect(passedOn).toBe(0);
});

test.each([
  ['a name in upper case', [...GET, ['X-Upper', '1']]],
  ['a connection header', [...GET, ['connection', 'close']]],
  ['a transfer coding', [...GET, ['transfer-encoding', 'chunked']]],
  ['no path', GET.filter(([name]) => name !== ':path')],
  ['an unknown pseudo header', [...GET, [':other', '1']]],
  ['two methods', [...GET, [':method', 'POST']]],
  ['a pseudo header behind others', [...GET.slice(1), ['x', '1'], [':method', 'GET']]],
] as [string, [string, string][]][])('resets a request with %s', async (_, headers) => {
  const { types, passedOn } = await send(request(...headers));
  expect(types.some((type) => type === RST_STREAM || type === GOAWAY)).toBe(true);
  expect(passedOn).toBe(0);
});
