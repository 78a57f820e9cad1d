import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestParser, type ParsedRequest } from '#signing-proxy/http/http1/request-parser.ts';
import { RequestRefusedError } from '#signing-proxy/http/http1/request-refused-error.ts';

interface Parsed {
  readonly requests: (ParsedRequest & { body: string; isComplete: boolean })[];
  readonly status: number | undefined;
}

/** Feeds bytes in the given cuts; takes request after request until the bytes are used up or one is refused. */
function parse(wire: string | Buffer, cuts: readonly number[] = []): Parsed {
  const requests: Parsed['requests'] = [];
  let hasEnded = false;
  const handler = {
    onHead: (request: ParsedRequest) => void requests.push({ ...request, body: '', isComplete: false }),
    onBody(chunk: Buffer) {
      const last = requests.at(-1);
      if (last !== undefined) last.body += chunk.toString('latin1');
    },
    onEnd() {
      const last = requests.at(-1);
      if (last !== undefined) last.isComplete = true;
      hasEnded = true;
    },
  };
  const parser = new RequestParser(handler, { maxHeaderBytes: 1024, maxHeaderCount: 20, acceptsHttp10: true });
  const bytes = Buffer.isBuffer(wire) ? wire : Buffer.from(wire, 'latin1');
  try {
    let offset = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (cut > offset) parser.push(bytes.subarray(offset, cut));
      for (; hasEnded; parser.next()) hasEnded = false;
      offset = Math.max(offset, cut);
    }
    return { requests, status: undefined };
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error;
    return { requests, status: error.status };
  }
}

const COUNTED = 'POST /a?b HTTP/1.1\r\nHost: a\r\nX-Name:  value \t\r\ncontent-length: 3\r\n\r\nabc';
const CHUNKED =
  'PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n';
const BARE = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

describe('RequestParser', () => {
  test('keeps names and order of headers as received', () => {
    expect(parse(COUNTED).requests).toEqual([
      {
        head: {
          method: 'POST',
          target: '/a?b',
          httpVersion: '1.1',
          headers: ['Host', 'a', 'X-Name', 'value', 'content-length', '3'],
        },
        hasBody: true,
        keepsAlive: true,
        body: 'abc',
        isComplete: true,
      },
    ]);
  });

  test('takes one request after the other, empty lines between them', () => {
    const { requests } = parse(`\r\n\r\n${COUNTED}\r\n${CHUNKED}${BARE}`);
    expect(requests.map(({ head, body }) => `${head.method} ${body}`)).toEqual(['POST abc', 'PUT hello', 'GET ']);
  });

  test('reads the same from any cut', () => {
    const wire = COUNTED + CHUNKED + BARE;
    const whole = parse(wire);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: wire.length }), { maxLength: 12 }), (cuts) => {
        expect(
          parse(
            wire,
            cuts.toSorted((a, b) => a - b),
          ),
        ).toEqual(whole);
      }),
    );
  });

  test.each([
    ['GET / HTTP/1.1\r\nconnection: Close\r\n\r\n', false],
    ['GET / HTTP/1.1\r\nconnection: x, close\r\n\r\n', false],
    ['GET / HTTP/1.1\r\nconnection: closed\r\n\r\n', true],
    ['GET / HTTP/1.0\r\n\r\n', false],
    ['GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n', true],
  ])('tells whether the connection outlives %j', (wire, keepsAlive) => {
    expect(parse(wire).requests[0]?.keepsAlive).toBe(keepsAlive);
  });

  test.each([
    ['G@T / HTTP/1.1\r\n', 400],
    ['hello there\r\n', 400],
    ['\u0016\u0003\u0001\u0000\u0005hello', 400],
    ['GET / HTTP/1.1\n', 426],
    ['GET / HTTP/1.1\r\na: 1\nb: 2', 400],
    [`GET /${'a'.repeat(2000)}`, 431],
  ])('refuses %j without waiting for the rest of the head', (wire, status) => {
    expect(parse(wire)).toEqual({ requests: [], status });
  });

  test.each([
    ['a target with high bytes', 'GET /\u00fc HTTP/1.1\r\n\r\n', 400],
    ['a target that is neither path nor URL', 'GET a HTTP/1.1\r\n\r\n', 400],
    ['a target with a space', 'GET /a b HTTP/1.1\r\n\r\n', 400],
    ['a protocol in lower case', 'GET / http/1.1\r\n\r\n', 400],
    ['a version that does not exist', 'GET / HTTP/1.2\r\n\r\n', 426],
    ['a length with a sign', 'POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\n', 400],
    ['a length without a number', 'POST / HTTP/1.1\r\ncontent-length:\r\n\r\n', 400],
    ['two equal lengths', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na', 400],
    ['chunked named twice', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n', 501],
    ['more headers than the limit', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(21)}\r\n`, 431],
    ['a control character in a header', 'GET / HTTP/1.1\r\na: \u0001\r\n\r\n', 400],
  ])('refuses %s', (_, wire, status) => {
    expect(parse(wire)).toEqual({ requests: [], status });
  });

  test('ends in no other way, whatever the bytes', () => {
    const start = fc.constantFrom('', 'GET / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (head, bytes) => {
        parse(Buffer.concat([Buffer.from(head), bytes]));
      }),
      { numRuns: 500 },
    );
  });
});
