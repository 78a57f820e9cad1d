import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Http1SyntaxError } from '#signing-proxy/http1/http1-syntax-error.ts';
import { ResponseParser, type ParsedHead } from '#signing-proxy/upstreams/http1/response-parser.ts';

interface Parsed {
  head: ParsedHead | undefined;
  body: string;
  trailers: readonly string[] | undefined;
  endsAtClose: boolean;
}

function parse(wire: string | Buffer, options: { method?: string; cuts?: readonly number[] } = {}): Parsed {
  const parsed: Parsed = { head: undefined, body: '', trailers: undefined, endsAtClose: false };
  const parser = new ResponseParser({
    onHead: (head) => void (parsed.head = head),
    onBody: (chunk) => void (parsed.body += chunk.toString('latin1')),
    onEnd: (trailers) => void (parsed.trailers = trailers),
  });
  parser.start(options.method ?? 'GET');
  const bytes = Buffer.isBuffer(wire) ? wire : Buffer.from(wire, 'latin1');
  let offset = 0;
  for (const cut of [...(options.cuts ?? []), bytes.length]) {
    if (cut > offset) parser.push(bytes.subarray(offset, cut));
    offset = Math.max(offset, cut);
  }
  parsed.endsAtClose = parsed.trailers === undefined && parser.end();
  return parsed;
}

const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n';
const COUNTED = 'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX-A:  b \r\n\r\nabc';

describe('ResponseParser', () => {
  test('keeps names and order of headers as received', () => {
    expect(parse(COUNTED)).toMatchObject({
      head: { status: 404, headers: ['Content-Length', '3', 'X-A', 'b'], keepsAlive: true },
      body: 'abc',
      trailers: [],
    });
  });

  test('joins chunks and gives trailers', () => {
    expect(parse(CHUNKED)).toMatchObject({ body: 'hello world', trailers: ['X-Sum', '1'] });
  });

  test.each([CHUNKED, COUNTED])('reads %j in any cut', (wire) => {
    const whole = parse(wire);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: wire.length }), { maxLength: 12 }), (cuts) => {
        expect(parse(wire, { cuts: cuts.toSorted((a, b) => a - b) })).toEqual(whole);
      }),
    );
  });

  test('reads until the end of the connection where nothing else ends the body', () => {
    expect(parse('HTTP/1.1 200 OK\r\n\r\nall of it')).toMatchObject({
      body: 'all of it',
      endsAtClose: true,
      head: { keepsAlive: false },
    });
  });

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n'],
  ])('expects no body after %s and %j', (method, wire) => {
    expect(parse(wire, { method })).toMatchObject({ body: '', trailers: [], head: { keepsAlive: true } });
  });

  test('passes over interim responses', () => {
    expect(parse(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${COUNTED}`)).toMatchObject({
      head: { status: 404 },
      body: 'abc',
    });
  });

  test.each([
    ['HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n', true],
  ])('tells whether the connection outlives %j', (wire, keepsAlive) => {
    expect(parse(wire).head?.keepsAlive).toBe(keepsAlive);
  });

  test.each([
    '\u0015\u0003\u0001\u0000\u0002\u0002F',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\n folded: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nname : a\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`,
  ])('refuses %j', (wire) => {
    expect(() => parse(wire)).toThrow(Http1SyntaxError);
  });

  test('fails in no other way, whatever the bytes', () => {
    const head = fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 200 }), (start, bytes) => {
        try {
          parse(Buffer.concat([Buffer.from(start), bytes]));
        } catch (error) {
          if (!(error instanceof Http1SyntaxError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
