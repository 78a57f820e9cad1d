import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [0, 1, 3, 4, 6, 7, 8, 9];
const END_STREAM = 1;
const END_HEADERS = 4;
const PADDED = 8;
const [PROTOCOL_ERROR, INTERNAL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR] = [1, 2, 5, 6, 9];

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

/** What came back besides settings, windows and the answer: types with error codes; and how the connection ended. */
async function send(bytes: Buffer, manager: JsonObject = {}) {
  const cluster = createScriptedCluster('app');
  const routes = inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' } });
  using rig = createHttpRig({ manager: { route_config: routes, ...manager }, clusters: [cluster] });
  const { clock } = rig.context;
  const connection = rig.connect();
  connection.on('error', () => {});
  connection.write(bytes);
  const startedAt = clock.now();
  // Ends what the proxy keeps open.
  clock.setTimer(1000, () => void connection.end());
  const received = await buffer(connection);
  return { came: listFrames(received), staysOpen: clock.now() > startedAt, passedOn: cluster.sent.length };
}

const sendFrames = (...frames: readonly Buffer[]) => send(Buffer.concat([PREFACE, frame(SETTINGS), ...frames]));

type Frame = readonly [type: number, code?: number];

function listFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const type = bytes[at + 3] ?? -1;
    if (type === RST_STREAM) frames.push([type, bytes.readUInt32BE(at + 9)]);
    else if (type === GOAWAY) frames.push([type, bytes.readUInt32BE(at + 13)]);
    else if (type === HEADERS) frames.push([type]);
  }
  return frames;
}

const openPost = () =>
  frame(HEADERS, { stream: 1, flags: END_HEADERS, payload: block([':method', 'POST'], ...GET.slice(1)) });

const TOO_LARGE = Buffer.from([0x7f, 0xff, 0xff, 0xff]);

test('answers a request of well-formed frames', async () => {
  expect(await sendFrames(request(...GET))).toEqual({ came: [[HEADERS]], staysOpen: true, passedOn: 1 });
});

test.each([
  ['DATA on stream 0', PROTOCOL_ERROR, [frame(DATA, { payload: Buffer.from('body') })]],
  ['DATA on a stream that nobody opened', PROTOCOL_ERROR, [frame(DATA, { stream: 1 })]],
  ['CONTINUATION of nothing', PROTOCOL_ERROR, [frame(CONTINUATION, { stream: 1, payload: block(...GET) })]],
  [
    'a PING within a header block',
    PROTOCOL_ERROR,
    [frame(HEADERS, { stream: 1, payload: block(...GET) }), frame(PING, { payload: Buffer.alloc(8) })],
  ],
  [
    'padding longer than the headers',
    PROTOCOL_ERROR,
    [
      frame(HEADERS, {
        stream: 1,
        flags: END_STREAM | END_HEADERS | PADDED,
        payload: Buffer.concat([Buffer.from([255]), block(...GET)]),
      }),
    ],
  ],
  ['SETTINGS of an odd length', FRAME_SIZE_ERROR, [frame(SETTINGS, { payload: Buffer.alloc(5) })]],
  ['PING of a wrong length', FRAME_SIZE_ERROR, [frame(PING, { payload: Buffer.alloc(4) })]],
  ['a frame over the limit', FRAME_SIZE_ERROR, [frame(DATA, { stream: 1, payload: Buffer.alloc(20_000) })]],
  [
    'a header block that cannot be decompressed',
    COMPRESSION_ERROR,
    [frame(HEADERS, { stream: 1, flags: END_STREAM | END_HEADERS, payload: Buffer.alloc(6, 0xff) })],
  ],
  ['DATA behind the end of its stream', STREAM_CLOSED, [request(...GET), frame(DATA, { stream: 1 })]],
] as [string, number, Buffer[]][])('says why it ends the connection after %s', async (_, code, frames) => {
  const { came, staysOpen } = await sendFrames(...frames);
  expect(came.at(-1)).toEqual([GOAWAY, code]);
  expect(staysOpen).toBe(false);
});

test.each([
  ['HEADERS on an even stream', frame(HEADERS, { stream: 2, flags: END_HEADERS, payload: block(...GET) })],
  ['SETTINGS on a stream', frame(SETTINGS, { stream: 1 })],
  ['a window of nothing on the connection', frame(WINDOW_UPDATE, { payload: Buffer.alloc(4) })],
  ['a window of the connection over 2^31', frame(WINDOW_UPDATE, { payload: TOO_LARGE })],
  ['a push promise', frame(5, { stream: 1, flags: END_HEADERS, payload: Buffer.from([0, 0, 0, 2]) })],
  ['a reset of a stream that nobody opened', frame(RST_STREAM, { stream: 1, payload: Buffer.alloc(4) })],
])('ends the connection without a word after %s', async (_, bytes) => {
  expect(await sendFrames(bytes)).toEqual({ came: [], staysOpen: false, passedOn: 0 });
});

test('ends the connection without a word after a window of a stream over 2^31', async () => {
  const { came, staysOpen } = await sendFrames(openPost(), frame(WINDOW_UPDATE, { stream: 1, payload: TOO_LARGE }));
  expect({ came, staysOpen }).toEqual({ came: [], staysOpen: false });
});

test('ends the connection without a word after a preface that is none', async () => {
  const broken = Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n');
  expect(await send(broken)).toEqual({ came: [], staysOpen: false, passedOn: 0 });
});

const MALFORMED_HEADS: [string, [string, string][]][] = [
  ['a name in upper case', [...GET, ['X-Upper', '1']]],
  ['a connection header', [...GET, ['connection', 'close']]],
  ['a transfer coding', [...GET, ['transfer-encoding', 'chunked']]],
  ['no method', GET.slice(1)],
  ['no path', GET.filter(([name]) => name !== ':path')],
  ['an unknown pseudo header', [...GET, [':other', '1']]],
  ['two methods', [...GET, [':method', 'POST']]],
  ['a pseudo header behind others', [...GET.slice(1), ['x', '1'], [':method', 'GET']]],
] as [string, [string, string][]][];

test.each(MALFORMED_HEADS)('ends the connection without a word after a request with %s', async (_, headers) => {
  expect(await sendFrames(request(...headers))).toEqual({ came: [], staysOpen: false, passedOn: 0 });
});

test.each(MALFORMED_HEADS)('ends only the stream of a request with %s where it is told to', async (_, headers) => {
  const bytes = Buffer.concat([PREFACE, frame(SETTINGS), request(...headers)]);
  expect(await send(bytes, { stream_error_on_invalid_http_message: true })).toEqual({
    came: [[RST_STREAM, PROTOCOL_ERROR]],
    staysOpen: true,
    passedOn: 0,
  });
});

test('resets a stream whose body is not as long as it says, and goes on with the others', async () => {
  const post = block([':method', 'POST'], ...GET.slice(1), ['content-length', '10']);
  const { came, staysOpen } = await sendFrames(
    frame(HEADERS, { stream: 1, flags: END_HEADERS, payload: post }),
    frame(DATA, { stream: 1, flags: END_STREAM, payload: Buffer.from('four') }),
  );
  expect({ came, staysOpen }).toEqual({ came: [[RST_STREAM, PROTOCOL_ERROR]], staysOpen: true });
});

test.each([
  ['too many headers', Array.from({ length: 101 }, (_, index) => [`x-${index}`, '1'] as const)],
  ['headers over the limit', Array.from({ length: 90 }, (_, index) => [`x-${index}`, 'a'.repeat(120)] as const)],
])('resets the stream of a request with %s', async (_, headers) => {
  const bytes = Buffer.concat([PREFACE, frame(SETTINGS), request(...GET, ...headers)]);
  expect(await send(bytes, { max_request_headers_kb: 8 })).toEqual({
    came: [[RST_STREAM, INTERNAL_ERROR]],
    staysOpen: true,
    passedOn: 0,
  });
});

test('ends the connection of a caller who continues a header block for ever', async () => {
  const filler = block(...Array.from({ length: 100 }, () => ['x', 'a'.repeat(120)] as const));
  const flood = Array.from({ length: 40 }, () => frame(CONTINUATION, { stream: 1, payload: filler }));
  const { staysOpen, passedOn } = await sendFrames(frame(HEADERS, { stream: 1, payload: block(...GET) }), ...flood);
  expect({ staysOpen, passedOn }).toEqual({ staysOpen: false, passedOn: 0 });
});
