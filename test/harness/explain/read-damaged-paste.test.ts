import { expect, test } from 'vitest';
import type { MeshrigError } from '#core/errors.ts';
import { readPasted } from '#harness/explain/pasted/read-pasted.ts';
import type { Pasted } from '#harness/explain/pasted/types.ts';

const ACCESS = `[2026-11-21T10:00:00.000Z] "GET /cat HTTP/1.1" 503 UH 0 19 0 - "-" "curl/7.69.1" "id" "example.com" "-"`;
const LOG = [
  '2022-08-01T22:27:36.861326Z\tdebug\tenvoy router\t[C1][S2] router decoding headers:',
  "':authority', 'example.com:9080'",
  "':path', '/cat'",
  "':method', 'GET'",
  "'authorization', 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20220801/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00'",
].join('\n');
const REQUEST = 'GET /cat HTTP/1.1\r\nHost: example.com\r\n\r\n';

const readAll = (text: string | Buffer) => readPasted(Buffer.from(text), 'paste.txt');
const read = (text: string | Buffer): Pasted | undefined => readAll(text)[0];

const prefixed = (prefix: string, text = LOG) =>
  text
    .split('\n')
    .map((line) => `${prefix}${line}`)
    .join('\n');

test.each([
  ['kubectl logs --prefix', prefixed('[pod/httpbin-7c9/istio-proxy] ')],
  ['docker compose', prefixed('envoy-1  | ')],
  ['containerd', prefixed('2022-08-01T22:27:36.861326123Z stdout F ')],
  ['stern', prefixed('httpbin-7c9-x2 istio-proxy ')],
  ['kubectl logs --timestamps', prefixed('2022-08-01T22:27:36.861326123Z ')],
])('the prefixes of %s are left out', (name, text) => {
  const pasted = read(text);
  expect(pasted).toMatchObject({ form: 'Envoy log', request: { target: '/cat' } });
  expect(pasted?.repairs).toContain(`prefixes of ${name} left out`);
});

test.each([
  ['docker', (line: string) => ({ log: `${line}\n`, stream: 'stdout', time: '2026-01-01T00:00:00Z' })],
  ['a collector', (line: string) => ({ '@timestamp': '2026-01-01T00:00:00Z', message: line })],
  ['Google Cloud', (line: string) => ({ textPayload: line, resource: { type: 'k8s_container' } })],
])('lines that %s wrapped in JSON are taken out', (_, wrap) => {
  const lines = LOG.split('\n').map((line) => JSON.stringify(wrap(line)));
  expect(read(lines.join('\n'))).toMatchObject({ form: 'Envoy log', request: { method: 'GET' } });
});

test("Istio's own JSON log lines are read", () => {
  const [first = '', ...rest] = LOG.split('\n');
  const [time, level, scope, ...text] = first.split('\t');
  const entry = JSON.stringify({ level, time, scope, msg: [text.join('\t'), ...rest].join('\n') });
  expect(read(entry)).toMatchObject({ form: 'Envoy log', request: { target: '/cat' } });
});

test('an error of AWS is not taken for a wrapped line', () => {
  expect(read('{"message":"Missing Authentication Token"}')).toMatchObject({ form: 'answer' });
});

test('UTF-16, marks and colours are undone', () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(ACCESS, 'utf16le')]);
  const big = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(ACCESS, 'utf16le').swap16()]);
  for (const bytes of [utf16, big, Buffer.from(ACCESS, 'utf16le')]) {
    expect(read(bytes)).toMatchObject({ form: 'findings', repairs: ['UTF-16 read as UTF-8, as PowerShell writes it'] });
  }
  expect(read(`\ufeff${REQUEST}`)).toMatchObject({ form: 'raw request', request: { target: '/cat' } });
  expect(read(`\x1b[31m${ACCESS}\x1b[0m`)).toMatchObject({
    form: 'findings',
    repairs: ['colours of a terminal left out'],
  });
});

test('JSON over several lines and in arrays is read entry by entry', () => {
  const entry = { response_code: 503, response_flags: 'UH' };
  expect(read(JSON.stringify(entry, undefined, 2))).toMatchObject({
    form: 'findings',
    found: { findings: [{ line: 1 }] },
  });
  expect(read(JSON.stringify([{ textPayload: ACCESS, resource: {} }], undefined, 1))).toMatchObject({
    form: 'findings',
  });
  expect(read(JSON.stringify({ message: 'Rate Exceeded.' }, undefined, 2))).toMatchObject({ form: 'answer' });
});

test('what stands in a code fence is read, and keeps its lines', () => {
  const fenced = (text: string) => `\`\`\`http\n${text}\n\`\`\`\nany idea?\n`;
  const post = 'POST /dog HTTP/1.1\nHost: example.com\nContent-Length: 4\n\nwoof';
  expect(read(fenced(post))).toMatchObject({
    form: 'raw request',
    request: { target: '/dog', body: Buffer.from('woof') },
  });
  expect(catchError(() => readAll(fenced('GET /cat HTTP/1.1\nno header')))).toMatchObject({ location: { line: 3 } });
  expect(read(fenced(ACCESS))).toMatchObject({ form: 'findings', found: { findings: [{ line: 2 }] } });
});

test('CRLF changes nothing in a log', () => {
  expect(read(LOG.replaceAll('\n', '\r\n'))).toMatchObject({ form: 'Envoy log', request: { target: '/cat' } });
  expect(read(`${ACCESS}\r\n${ACCESS}\r\n`)).toMatchObject({
    form: 'findings',
    found: { findings: [{ line: 1 }, { line: 2 }] },
  });
});

test('several raw requests in one file are read one by one', () => {
  const post = 'POST /dog HTTP/1.1\nHost: example.com\nContent-Length: 4\n\nwoof';
  const targets = (text: string) => readAll(text).map((pasted) => 'request' in pasted && pasted.request.target);
  expect(targets(`${post}\n\n${REQUEST}`)).toEqual(['/dog', '/cat']);
  expect(targets(`### first\n${post}\n### second\n${REQUEST}`)).toEqual(['/dog', '/cat']);
  expect(readAll(`${post}\n\n${REQUEST}`)[0]).toMatchObject({ request: { body: Buffer.from('woof') } });
});

test('a complaint about the second request names its line in the file', () => {
  const error = catchError(() => readAll(`${REQUEST}GET /dog HTTP/1.1\r\nno header\r\n\r\n`));
  expect(error).toMatchObject({ code: 'INVALID_REQUEST', location: { line: 5 } });
});

test('the body of an answer in XML is read from a trace of curl', () => {
  const trace =
    '> POST / HTTP/1.1\n> Host: sts.amazonaws.com\n>\n< HTTP/1.1 403 Forbidden\n<\n<ErrorResponse>\n<Error><Code>ExpiredToken</Code><Message>it is</Message></Error>\n</ErrorResponse>\n* Connection #0 to host left intact\n';
  expect(read(trace)).toMatchObject({ form: 'curl trace', answer: { status: 403, code: 'ExpiredToken' } });
});

test.each([
  ['', /it is empty/],
  [' \r\n\t\n', /it is empty/],
  ['Dear all,\nour gateway is broken.\n', /line 1 begins none of the forms/],
])('what can not be read says what was expected: %j', (text, message) => {
  const error = catchError(() => readAll(text));
  expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(error?.message).toMatch(message);
  expect(error?.hint).toMatch(/raw HTTP request.*curl -v.*access log.*proxy-status.*AWS error/);
});

test('bytes that are no text are placed', () => {
  expect(catchError(() => readAll(Buffer.from('GET /\n\x01\x00\x02')))).toMatchObject({
    location: { line: 2, column: 2 },
  });
  expect(catchError(() => readAll(Buffer.from([0x1f, 0x8b, 8, 0])))?.hint).toMatch(/gzip -dc/);
});

function catchError(action: () => unknown): MeshrigError | undefined {
  try {
    action();
  } catch (error) {
    return error as MeshrigError;
  }
  return undefined;
}
