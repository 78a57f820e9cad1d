import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import { explainAnswer } from '#harness/explain/explain-answer.ts';
import { explainRequest } from '#harness/explain/explain-request.ts';
import { renderFindings } from '#harness/explain/findings/findings-report.ts';
import { readPasted } from '#harness/explain/pasted/read-pasted.ts';
import type { Pasted, PastedRequest } from '#harness/explain/pasted/types.ts';
import { createInvoke, NOW, SECRET, setHeader, signRequest } from './sign-request.ts';

const read = (text: string): Pasted => {
  const [first] = readPasted(Buffer.from(text, 'utf8'), 'paste.txt');
  if (first === undefined) throw new TypeError('nothing was read');
  return first;
};

function readRequest(text: string): PastedRequest {
  const pasted = read(text);
  if (pasted.form === 'answer' || pasted.form === 'findings') throw new TypeError('an answer, not a request');
  return pasted;
}

function explainLog(name: string, keys = {}) {
  const { request, ...told } = readRequest(readFileSync(`fixtures/seed-000/${name}`, 'utf8'));
  return { told, ...explainRequest(request, { now: told.at ?? NOW, keys, ...told }) };
}

describe('the log of an Envoy', () => {
  test('of seed 000 shows what was signed by its hash, though Markdown and a narrow window damaged it', () => {
    const { told, explanation, judgement } = explainLog('envoy-log.txt');
    expect(told.repairs).toEqual(['2 wrapped lines joined', '"_/_" read as "*/*" (accept)']);
    expect(told.at).toBe(Date.parse('2022-08-01T22:27:36.861Z'));
    expect(explanation).toMatchObject({ cause: 'host-port', grade: 'consistent', header: 'host' });
    expect(explanation?.diff?.signedHash).toBe('3fbc0a8a24de6e61b6de6668d47fc2c00521009cce34528e5e2e54b5827dff49');
    expect(judgement.credential?.accessKeyId).toBe('AKIAIB7J2AOEOY2YM7OA');
  });

  test('of the call that works in seed 000 has nothing to find but another secret', () => {
    const { explanation } = explainLog('envoy-log-accepted.txt');
    expect(explanation?.sentence).toMatch(/^What was signed is what lambda checks: only another secret key/);
  });

  test('without a signature tells so', () => {
    const { explanation, told } = explainLog('envoy-log-gateway.txt');
    expect(explanation?.cause).toBe('not-signed');
    expect(told.repairs[0]).toBe('5 wrapped lines joined');
  });

  test('proves the cause where the secret is known', () => {
    const signed = signRequest(setHeader(createInvoke(), 'Host', 'r1.example.com:9080'));
    const { request, ...told } = readRequest(createEnvoyLog(signed));
    const { explanation } = explainRequest(request, { now: NOW, keys: { secretAccessKey: SECRET }, ...told });
    expect(explanation).toMatchObject({ cause: 'host-port', grade: 'proved' });
  });

  test("names the signer's own words for missing credentials", () => {
    const lines = [
      '2022-08-01T21:52:11.2Z\terror\tenvoy aws\tCould not retrieve credentials listing from the instance metadata',
      '2022-08-01T21:52:11.3Z\tdebug\tenvoy router\t[C1][S2] router decoding headers:',
      "':authority', 'example.com'",
      "':method', 'POST'",
      "':path', '/2015-03-31/functions/cat/invocations'",
    ];
    const { request, ...told } = readRequest(lines.join('\n'));
    const { explanation } = explainRequest(request, { now: NOW, keys: {}, ...told });
    expect(explanation).toMatchObject({ cause: 'no-credentials' });
    expect(explanation?.sentence).toContain('Could not retrieve credentials listing');
  });

  test('takes the last signed request and says so', () => {
    const log = createEnvoyLog(signRequest(createInvoke()));
    expect(readRequest(`${log}\n${log}`).repairs[0]).toBe('request 2 of the 2 in the log was taken');
  });

  test('takes the request that was refused, by the stream of its answer', () => {
    const entry = (stream: number, text: string) =>
      `2022-08-01T22:27:3${stream}.861326Z\tdebug\tenvoy router source/router.cc:1\t[Tags: "ConnectionId":"1","StreamId":"${stream}"] ${text}\tthread=25`;
    const request = (stream: number) => [
      entry(stream, 'router decoding headers:'),
      "':authority', 'example.com'",
      `':path', '/${stream}'`,
      "':method', 'POST'",
      "'authorization', 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20220801/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00'",
    ];
    const answer = (stream: number, status: number) => [
      entry(stream, 'encoding headers via codec:'),
      `':status', '${status}'`,
    ];
    const log = [...request(1), ...request(2), ...answer(2, 403), ...answer(1, 200), ...request(3), ...answer(3, 200)];
    expect(readRequest(log.join('\n'))).toMatchObject({
      request: { target: '/2' },
      answer: { status: 403 },
      repairs: ['request 2 of the 3 in the log was taken'],
    });
  });

  test('whose signed requests were answered tells what else went wrong', () => {
    const log = createEnvoyLog(signRequest(createInvoke()));
    const after = '[2015-08-30 12:36:15.500][25][debug][router] [C1][S2] ';
    const pasted = read(`${log}\n${after}upstream timeout\n${after}encoding headers via codec:\n':status', '504'`);
    expect(pasted).toMatchObject({ form: 'findings', found: { findings: [{ cause: 'route-timeout' }] } });
  });

  test('without the headers of a request says how to get them', () => {
    const error = catchError(() => read('2022-08-01T21:52:11.2Z\tdebug\tenvoy aws\tGetting AWS credentials'));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', location: { file: 'paste.txt', line: 1 } });
    expect(error.hint).toContain('router:debug');
  });
});

describe('the trace of curl -v', () => {
  const TRACE = `* Connected to 127.0.0.1 (127.0.0.1) port 9080 (#0)
> GET /cat HTTP/1.1
> Host: example.com:9080
> User-Agent: curl/7.69.1
> Accept: */*
>
* Mark bundle as not supporting multiuse
< HTTP/1.1 403 Forbidden
< x-amzn-ErrorType: InvalidSignatureException
< content-length: 192
<
{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}* Connection #0 to host left intact
`;

  test('gives the request and the answer', () => {
    const { request, answer } = readRequest(TRACE);
    expect(request).toMatchObject({
      method: 'GET',
      target: '/cat',
      headers: expect.arrayContaining(['example.com:9080']) as string[],
    });
    expect(answer).toMatchObject({ status: 403, code: 'InvalidSignatureException' });
    expect(answer?.message).toMatch(/^The request signature/);
  });

  test("finds the port in the caller's Host likely", () => {
    const { request, answer } = readRequest(TRACE);
    expect(explainAnswer(answer ?? {}, request)).toMatchObject({ cause: 'host-port', grade: 'likely', header: 'host' });
  });

  test('tells the clock of AWS by the Date of its answer', () => {
    const dated = TRACE.replace('< content-length', '< date: Thu, 01 Jan 2026 00:00:00 GMT\n< content-length');
    expect(readRequest(dated).at).toBe(Date.UTC(2026, 0, 1));
  });

  test('whose body was shortened by hand is still read', () => {
    expect(readRequest(TRACE.replace('content-length: 192', 'content-length: 100')).answer?.message).toMatch(
      /^The request signature/,
    );
  });

  test('of a call that got no answer tells what curl says', () => {
    const text =
      '> GET /cat HTTP/1.1\n> Host: example.com\n>\n* Empty reply from server\ncurl: (52) Empty reply from server\n';
    expect(read(text)).toMatchObject({ form: 'findings', found: { findings: [{ cause: 'connection-lost' }] } });
  });

  test('of a signed request is judged by the hash it declares', () => {
    const body = createHash('sha256').update('{"path":"/cat"}').digest('hex');
    const signed = signRequest(setHeader(createInvoke(), 'X-Amz-Content-Sha256', body));
    const { request, ...told } = readRequest(createCurlTrace(signed));
    const { explanation } = explainRequest(request, { now: NOW, keys: { secretAccessKey: SECRET }, ...told });
    expect(explanation).toBeUndefined();
  });
});

test.each([
  ['{"message":"Missing Authentication Token"}', 'not-signed'],
  ['{"message":"The security token included in the request is invalid."}', 'access-key-unknown'],
  ['{"message":"Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z"}', 'clock-skew'],
  [
    '<ErrorResponse><Error><Code>ExpiredToken</Code><Message>it is</Message></Error></ErrorResponse>',
    'session-token-expired',
  ],
  ['{"message":"Credential should be scoped to a valid region. "}', 'wrong-region'],
  ['{"message":"The request signature we calculated does not match the signature you provided."}', 'unexplained'],
  ['{"message":"Rate exceeded"}', 'unexplained'],
])('the error %s is explained by its words: %s', (text, cause) => {
  const pasted = read(text);
  expect(pasted.form).toBe('answer');
  if (pasted.form !== 'answer') throw new TypeError('no answer');
  expect(explainAnswer(pasted.answer).cause).toBe(cause);
});

test.each([
  [504, 'upstream request timeout', 'route-timeout'],
  [503, 'no healthy upstream', 'no-healthy-upstream'],
  [403, 'RBAC: access denied', 'access-denied'],
  [404, '', 'no-route'],
  [
    503,
    'upstream connect error or disconnect/reset before headers. reset reason: connection failure',
    'connection-failure',
  ],
])('%i "%s" is an answer of Envoy itself', (status, text, cause) => {
  expect(explainAnswer({ status, text })).toMatchObject({ cause, grade: 'likely' });
});

test('no text makes it crash', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('> GET / HTTP/1.1', '< HTTP/1.1 403', "':path', '/", 'router decoding headers:', '{"message":'),
    fc.constantFrom(
      '[t] "GET / HTTP/1.1" 503 UF',
      ' 0 1 2 - "-"',
      '{"response_code":503,"response_flags":"UF"}',
      '\x00',
      '\x1b[31m',
    ),
    fc.constantFrom(
      'NAME  CDS  LDS  ISTIOD',
      'a.b  STALE  ERROR  i',
      'HTTP/1.1 500 x',
      '<Error><Code>A</Code>',
      'curl: (28) ',
      '### ',
    ),
    fc.constantFrom(
      '{"log":"',
      '","stream":"stdout"}',
      'ADS:LDS: ACK ERROR a-1 ',
      'The Canonical String for this request should have been',
    ),
    fc.constantFrom('2022-08-01T21:52:11.2Z debug envoy http String to sign:', 'Signature=', 'AWS4-HMAC-SHA256', '\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('\n', ' '), (pieces, glue) => {
      const found = catchError(() => {
        const pasted = read(pieces.join(glue));
        if (pasted.form === 'answer') explainAnswer(pasted.answer);
        else if (pasted.form === 'findings') renderFindings(pasted.found, pasted.repairs);
        else explainRequest(pasted.request, { now: NOW, keys: {}, ...pasted });
      });
      expect(found === undefined || found instanceof MeshrigError).toBe(true);
    }),
    { numRuns: 300 },
  );
});

function catchError(action: () => unknown): MeshrigError {
  try {
    action();
  } catch (error) {
    return error as MeshrigError;
  }
  return undefined as unknown as MeshrigError;
}

/** The lines that Envoy writes about a request that leaves. */
function createEnvoyLog({ method, target, headers }: PastedRequest['request']): string {
  const lines = [
    `[2015-08-30 12:36:00.500][25][debug][router] [source/common/router/router.cc:470] [C1][S2] router decoding headers:`,
  ];
  lines.push(`':method', '${method}'`, `':path', '${target}'`);
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase() ?? '';
    lines.push(`'${name === 'host' ? ':authority' : name}', '${headers[index + 1]}'`);
  }
  const hash = createHash('sha256').update('{"path":"/cat"}').digest('hex');
  return [...lines, `'x-amz-content-sha256', '${hash}'`].join('\n');
}

function createCurlTrace({ method, target, headers }: PastedRequest['request']): string {
  const lines = [`> ${method} ${target} HTTP/1.1`];
  for (let index = 0; index < headers.length; index += 2) lines.push(`> ${headers[index]}: ${headers[index + 1]}`);
  return [...lines, '>', '< HTTP/1.1 200 OK', '<', '"meow"'].join('\n');
}
