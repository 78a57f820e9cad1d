import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import { parseRawRequest } from '#harness/explain/parse-raw-request.ts';

const parse = (text: string) => parseRawRequest(Buffer.from(text, 'utf8'), 'request.txt');
const bodyOf = (text: string) => Buffer.from(parse(text).request.body).toString('latin1');

test('reads method, target, headers and body as bytes', () => {
  const { request, lineEnding, repairs } = parse('POST /a?b=c HTTP/1.1\nHost: x\nX-Two:  y  z \n\n{"a":1}\n');
  expect(request).toMatchObject({
    method: 'POST',
    target: '/a?b=c',
    httpVersion: '1.1',
    headers: ['Host', 'x', 'X-Two', 'y  z'],
  });
  expect(Buffer.from(request.body).toString()).toBe('{"a":1}\n');
  expect({ lineEnding, repairs }).toEqual({ lineEnding: 'LF', repairs: [] });
});

test('reads the same request with CRLF', () => {
  const lines = parse('POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc');
  const crlf = parse('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
  expect(crlf.request).toEqual(lines.request);
  expect(crlf.lineEnding).toBe('CRLF');
});

test('reads a head without an empty line after it', () => {
  expect(parse('GET / HTTP/1.1\nHost: x').request.headers).toEqual(['Host', 'x']);
});

test('skips a byte order mark and empty lines before the first line', () => {
  expect(parse('\ufeff\n\r\nGET / HTTP/1.1\nHost: x').request.method).toBe('GET');
});

test('keeps blanks in a target and raw UTF-8 as bytes', () => {
  expect(parse('GET /example space/ሴ HTTP/1.1\nHost: x').request.target).toBe('/example space/\xe1\x88\xb4');
});

test('joins a folded header with one blank', () => {
  const { request } = parse('GET / HTTP/1.1\nMy-Header1:value1\n  value2\n\tvalue3\nHost:x\n\n');
  expect(request.headers).toEqual(['My-Header1', 'value1 value2 value3', 'Host', 'x']);
});

test('keeps repeated headers in their order', () => {
  expect(parse('GET / HTTP/1.1\nA:2\nA:1\n\n').request.headers).toEqual(['A', '2', 'A', '1']);
});

test('takes the host from an absolute form', () => {
  const { request, repairs } = parse('GET http://name:9080/p?q HTTP/1.1\nHost: other\nA: b\n\n');
  expect(request).toMatchObject({ target: '/p?q', headers: ['Host', 'name:9080', 'A', 'b'] });
  expect(repairs).toEqual(['Host "other" gave way to the authority "name:9080"']);
});

test('reads HTTP/2 pseudo headers instead of a request line', () => {
  const { request } = parse(':method: POST\n:scheme: https\n:authority: name:9080\n:path: /cat\naccept: */*\n\nbody');
  expect(request).toMatchObject({
    method: 'POST',
    target: '/cat',
    httpVersion: '2',
    headers: ['Host', 'name:9080', 'accept', '*/*'],
  });
});

test('leaves out one line ending that content-length does not count', () => {
  const head = 'POST / HTTP/1.1\nContent-Length: 3\n\n';
  expect([bodyOf(`${head}abc\n`), bodyOf(`${head}abc\r\n`), bodyOf(`${head}abc\r`)]).toEqual(['abc', 'abc', 'abc']);
  expect(parse(`${head}abc\n`).repairs).toEqual(['one line ending after the body left out (content-length: 3)']);
});

test('adds the line feed that an editor took away', () => {
  expect(bodyOf('POST / HTTP/1.1\nContent-Length: 4\n\nabc')).toBe('abc\n');
});

test('reads CRLF in a body as LF when content-length says so', () => {
  expect(bodyOf('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\r\nb')).toBe('a\nb');
});

test('uses a body of another length as it is and says so', () => {
  const parsed = parse('POST / HTTP/1.1\nContent-Length: 99\n\nabc');
  expect(Buffer.from(parsed.request.body).toString()).toBe('abc');
  expect(parsed.repairs).toEqual(['content-length says 99 bytes, the body has 3; the body was used as it is']);
});

test('takes nothing but line endings as no body', () => {
  expect(bodyOf('GET / HTTP/1.1\nHost: x\n\n\n')).toBe('');
});

const testMistake = (what: string, text: string, fact: string, place: { line: number; column: number } | undefined) =>
  test(`refuses ${what}`, () => {
    const error = catchError(() => parse(text));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(error.message).toBe(`Failed to read request "request.txt": ${fact}`);
    expect(error.location && { line: error.location.line, column: error.location.column }).toEqual(place);
  });

testMistake('an empty file', '', 'it is empty', undefined);
testMistake('text', 'hello\n', 'the first line does not end in HTTP/1.1, HTTP/1.0 or HTTP/2', {
  line: 1,
  column: 6,
});
testMistake('a first line without a target', 'GET HTTP/1.1\n', 'the first line has no target', {
  line: 1,
  column: 5,
});
testMistake('a relative target', 'GET cat HTTP/1.1\n', 'the target "cat" starts with neither "/" nor a scheme', {
  line: 1,
  column: 5,
});
testMistake(
  'a header without a colon',
  'GET / HTTP/1.1\nHost: x\nnonsense\n',
  '"nonsense" is not a header: it has no ":"',
  {
    line: 3,
    column: 1,
  },
);
testMistake('a blank in a header name', 'GET / HTTP/1.1\nHo st: x\n', '"Ho st" is not a header name', {
  line: 2,
  column: 1,
});
testMistake('a control character in a header', 'GET / HTTP/1.1\nA: b\0c\n', 'a control character stands in a header', {
  line: 2,
  column: 5,
});
testMistake(
  'a fold before the first header',
  'GET / HTTP/1.1\n  folded\n',
  'a folded line stands before the first header',
  {
    line: 2,
    column: 1,
  },
);
testMistake('pseudo headers without a path', ':method: GET\n\n', 'the pseudo headers lack ":path"', {
  line: 1,
  column: 1,
});

test('shows the line of a mistake with a caret', () => {
  const error = catchError(() => parse('GET / HTTP/1.1\nA: b\0c\n'));
  expect(error.location?.snippet).toBe('   2 | A: b?c\n     |     ^');
});

test('never throws anything but INVALID_REQUEST, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(readCode(bytes)).toBeOneOf([undefined, 'INVALID_REQUEST']);
    }),
  );
});

function readCode(bytes: Uint8Array): string | undefined {
  try {
    parseRawRequest(bytes, 'request.txt');
    return undefined;
  } catch (error) {
    return error instanceof MeshrigError ? error.code : String(error);
  }
}

function catchError(action: () => unknown): MeshrigError {
  try {
    action();
  } catch (error) {
    if (error instanceof MeshrigError) return error;
  }
  throw new Error('nothing was thrown');
}
