import { routeAll } from '../bootstrap.ts';
import type { ConformanceCase, Suite } from '../types.ts';

const HEAD = 'POST / HTTP/1.1\r\nhost: a\r\n';

/** Bytes that are no request, or not the one they seem to be. */
const FORMS: readonly (readonly [name: string, bytes: string])[] = [
  ['two lengths, equal', `${HEAD}content-length: 4\r\ncontent-length: 4\r\n\r\nbody`],
  ['two lengths, different', `${HEAD}content-length: 4\r\ncontent-length: 5\r\n\r\nbody`],
  ['two lengths in one header', `${HEAD}content-length: 4, 4\r\n\r\nbody`],
  ['length with chunked', `${HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  ['chunked with length', `${HEAD}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  ['length that is negative', `${HEAD}content-length: -1\r\n\r\n`],
  ['length with a sign', `${HEAD}content-length: +4\r\n\r\nbody`],
  ['length that is hexadecimal', `${HEAD}content-length: 0x4\r\n\r\nbody`],
  ['length that is no number', `${HEAD}content-length: four\r\n\r\nbody`],
  ['length that is empty', `${HEAD}content-length:\r\n\r\n`],
  ['length too large', `${HEAD}content-length: 99999999999999999999\r\n\r\n`],
  ['transfer coding unknown', `${HEAD}transfer-encoding: gzip\r\n\r\n`],
  ['transfer coding gzip, chunked', `${HEAD}transfer-encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  [
    'transfer coding chunked twice',
    `${HEAD}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
  ],
  ['transfer coding in other case', `${HEAD}Transfer-Encoding: CHUNKED\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  ['transfer coding with a tab before it', `${HEAD}transfer-encoding:\tchunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  ['transfer coding with text around', `${HEAD}transfer-encoding: xchunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`],
  ['chunked identity', `${HEAD}transfer-encoding: identity\r\n\r\n`],
  ['bare line feeds', 'GET / HTTP/1.1\nhost: a\n\n'],
  ['bare line feed in a header', `${HEAD}x-a: 1\nx-b: 2\r\ncontent-length: 0\r\n\r\n`],
  ['bare carriage return in a header', `${HEAD}x-a: 1\rx-b: 2\r\ncontent-length: 0\r\n\r\n`],
  ['folded header', `${HEAD}x-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n`],
  ['folded header with a tab', `${HEAD}x-a: 1\r\n\t2\r\ncontent-length: 0\r\n\r\n`],
  ['first header folded', 'GET / HTTP/1.1\r\n x-a: 1\r\nhost: a\r\n\r\n'],
  ['space before the colon', `${HEAD}x-a : 1\r\ncontent-length: 0\r\n\r\n`],
  ['space before the colon of the length', `${HEAD}content-length : 4\r\n\r\nbody`],
  ['header without a colon', `${HEAD}x-a\r\ncontent-length: 0\r\n\r\n`],
  ['header without a name', `${HEAD}: 1\r\ncontent-length: 0\r\n\r\n`],
  ['header name with a space', `${HEAD}x a: 1\r\ncontent-length: 0\r\n\r\n`],
  ['header name with a parenthesis', `${HEAD}x(a): 1\r\ncontent-length: 0\r\n\r\n`],
  ['header name with an underscore', `${HEAD}x_a: 1\r\ncontent-length: 0\r\n\r\n`],
  ['header value with a zero byte', `${HEAD}x-a: 1\x002\r\ncontent-length: 0\r\n\r\n`],
  ['header value with a control character', `${HEAD}x-a: 1\x012\r\ncontent-length: 0\r\n\r\n`],
  ['header value with a tab', `${HEAD}x-a: 1\t2\r\ncontent-length: 0\r\n\r\n`],
  ['header value with spaces around', `${HEAD}x-a:   1  \r\ncontent-length: 0\r\n\r\n`],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['host empty', 'GET / HTTP/1.1\r\nhost:\r\n\r\n'],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'],
  ['host with a space', 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n'],
  ['host with a slash', 'GET / HTTP/1.1\r\nhost: a/b\r\n\r\n'],
  ['host with a user', 'GET / HTTP/1.1\r\nhost: user@a\r\n\r\n'],
  ['method with odd characters', 'G@T / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['method in lower case', 'get / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['version unknown', 'GET / HTTP/1.2\r\nhost: a\r\n\r\n'],
  ['version 2.0', 'GET / HTTP/2.0\r\nhost: a\r\n\r\n'],
  ['version missing', 'GET /\r\nhost: a\r\n\r\n'],
  ['version with other letters', 'GET / http/1.1\r\nhost: a\r\n\r\n'],
  ['target with a space', 'GET /a b HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['two spaces before the target', 'GET  / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['target without a slash', 'GET a HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['target with a control character', 'GET /\x01 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['target with high bytes', 'GET /\xfc HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['target with a fragment', 'GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['target of another scheme', 'GET ftp://a/b HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n'],
  ['empty lines first', '\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['text that is no HTTP', 'hello there\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x00\x05hello'],
  ['chunk size that is no number', `${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
  ['chunk size too large', `${HEAD}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n`],
  ['chunk longer than its size', `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\nbody\r\n0\r\n\r\n`],
  ['chunk ended by a bare line feed', `${HEAD}transfer-encoding: chunked\r\n\r\n4\nbody\n0\n\n`],
  ['chunk size with a space', `${HEAD}transfer-encoding: chunked\r\n\r\n4 \r\nbody\r\n0\r\n\r\n`],
  ['body longer than its length', `${HEAD}content-length: 4\r\n\r\nbodyGET /second HTTP/1.1\r\nhost: a\r\n\r\n`],
  ['upgrade to something', 'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'],
];

/** A frame of HTTP/2: length, type, flags, stream, payload. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields as HPACK literals that are not indexed. */
function encodeFields(...fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.from([value.length]),
      Buffer.from(value, 'latin1'),
    ]),
  );
}

const GET_FIELDS = [
  [':method', 'GET'],
  [':path', '/'],
  [':scheme', 'http'],
  [':authority', 'a'],
] as const;

/** HEADERS that end both header block and stream. */
function headers(stream: number, ...fields: readonly (readonly [string, string])[]): Buffer {
  return frame(1, 5, stream, encodeFields(...fields));
}

/** HEADERS of a request whose body is still to come. */
function openPost(): Buffer {
  return frame(1, 4, 1, encodeFields([':method', 'POST'], ...GET_FIELDS.slice(1)));
}

/** So many times 16,000 bytes of headers. */
function manyContinuations(count: number): Buffer[] {
  const field = Buffer.concat([
    encodeFields(['x-filler', '']).subarray(0, -1),
    Buffer.from([121]),
    Buffer.alloc(121, 97),
  ]);
  const payload = Buffer.concat(Array.from({ length: 122 }, () => field));
  return Array.from({ length: count }, () => frame(9, 0, 1, payload));
}

const FRAMES: readonly (readonly [name: string, ...frames: Buffer[]])[] = [
  ['a request, for comparison', headers(1, ...GET_FIELDS)],
  ['header name in upper case', headers(1, ...GET_FIELDS, ['X-Upper', '1'])],
  ['connection header', headers(1, ...GET_FIELDS, ['connection', 'close'])],
  ['transfer-encoding header', headers(1, ...GET_FIELDS, ['transfer-encoding', 'chunked'])],
  ['te that is not trailers', headers(1, ...GET_FIELDS, ['te', 'gzip'])],
  ['pseudo header after another', headers(1, ...GET_FIELDS.slice(0, 3), ['x-a', '1'], [':authority', 'a'])],
  ['pseudo header unknown', headers(1, ...GET_FIELDS, [':other', '1'])],
  ['pseudo header twice', headers(1, ...GET_FIELDS, [':path', '/other'])],
  ['method missing', headers(1, ...GET_FIELDS.slice(1))],
  ['path missing', headers(1, [':method', 'GET'], [':scheme', 'http'], [':authority', 'a'])],
  ['path empty', headers(1, [':method', 'GET'], [':path', ''], [':scheme', 'http'], [':authority', 'a'])],
  ['header value with a line feed', headers(1, ...GET_FIELDS, ['x-a', '1\n2'])],
  ['header value with a zero byte', headers(1, ...GET_FIELDS, ['x-a', '1\x002'])],
  [
    'length that does not fit the body',
    frame(1, 4, 1, encodeFields([':method', 'POST'], ...GET_FIELDS.slice(1), ['content-length', '10'])),
    frame(0, 1, 1, Buffer.from('four')),
  ],
  ['two lengths', headers(1, ...GET_FIELDS, ['content-length', '0'], ['content-length', '1'])],
  ['stream of an even number', headers(2, ...GET_FIELDS)],
  ['stream numbers that go down', headers(3, ...GET_FIELDS), headers(1, ...GET_FIELDS)],
  ['headers on stream 0', headers(0, ...GET_FIELDS)],
  ['data on an idle stream', frame(0, 1, 1, Buffer.from('body'))],
  ['data on stream 0', frame(0, 1, 0, Buffer.from('body'))],
  ['continuation without headers', frame(9, 4, 1, encodeFields(...GET_FIELDS))],
  ['settings of an odd length', frame(4, 0, 0, Buffer.alloc(5))],
  ['ping of a wrong length', frame(6, 0, 0, Buffer.alloc(4))],
  ['window update of zero', frame(8, 0, 0, Buffer.alloc(4))],
  ['reset of an idle stream', frame(3, 0, 1, Buffer.alloc(4))],
  ['priority on itself', frame(1, 37, 1, Buffer.concat([Buffer.from([0, 0, 0, 1, 1]), encodeFields(...GET_FIELDS)]))],
  ['frame over the limit', frame(0, 0, 1, Buffer.alloc(20_000))],
  ['frame of an unknown type', frame(77, 0, 0, Buffer.from('?')), headers(1, ...GET_FIELDS)],
  ['header block that is broken', frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
  ['push promise from a client', frame(5, 4, 1, Buffer.from([0, 0, 0, 2]))],
  ['settings on a stream', frame(4, 0, 1)],
  ['settings with a window too large', frame(4, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff]))],
  ['settings with a frame size too small', frame(4, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1]))],
  [
    'padding longer than the headers',
    frame(1, 13, 1, Buffer.concat([Buffer.from([255]), encodeFields(...GET_FIELDS)])),
  ],
  ['padding longer than the data', openPost(), frame(0, 9, 1, Buffer.from([9, 1]))],
  ['window of the connection too large', frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))],
  ['window of a stream too large', openPost(), frame(8, 0, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff]))],
  ['headers cut off by a ping', frame(1, 1, 1, encodeFields(...GET_FIELDS)), frame(6, 0, 0, Buffer.alloc(8))],
  ['data after the end', headers(1, ...GET_FIELDS), frame(0, 1, 1, Buffer.from('more'))],
  ['headers over the limit', frame(1, 1, 1, encodeFields(...GET_FIELDS)), ...manyContinuations(5), frame(9, 4, 1)],
  ['continuations without an end', frame(1, 1, 1, encodeFields(...GET_FIELDS)), ...manyContinuations(40)],
];

function toCase([name, bytes]: readonly [string, string]): ConformanceCase {
  return { name, request: { bytes } };
}

export const malformed: Suite = {
  name: 'malformed requests',
  listeners: {
    http1: { manager: { route_config: routeAll({}) } },
    http2: { manager: { codec_type: 'HTTP2', route_config: routeAll({}) } },
  },
  cases: [
    ...FORMS.map(toCase),
    {
      name: 'HTTP/2: preface that ends differently',
      listener: 'http2',
      request: { bytes: 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n' },
    },
    { name: 'HTTP/2: a request of HTTP/1', listener: 'http2', request: { bytes: 'GET / HTTP/1.1\r\nhost: a\r\n\r\n' } },
    ...FRAMES.map(([name, ...frames]) => ({ name: `HTTP/2: ${name}`, listener: 'http2', request: { frames } })),
  ],
};
