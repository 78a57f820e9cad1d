import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ExplainInput, runExplain } from '#harness/cli/explain-command.ts';
import { createInvoke, SECRET, setHeader, signRequest } from '#test/harness/explain/sign-request.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';

const VECTORS = path.resolve('fixtures/signing-vectors');
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };
const NOW = '20150830T123600Z';

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meshrig-explain-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const DEFAULTS: ExplainInput = { file: '-', json: false, now: NOW };

const run = (text: string | Buffer | undefined, options: Partial<ExplainInput> = {}, env?: Record<string, string>) =>
  runWith({ ...DEFAULTS, ...options }, text, env);

async function runWith(
  input: ExplainInput,
  text: string | Buffer | undefined,
  env: Readonly<Record<string, string>> = KEYS,
): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runExplain(input, {
    stdin: (async function* () {
      yield text ?? '';
    })(),
    stdout: { write: (chunk) => (written.stdout += chunk) },
    stderr: { write: (chunk) => (written.stderr += chunk) },
    env,
    clockNow: () => Date.UTC(2026, 0, 1),
  });
  return { exitCode, ...written };
}

const runJson = async (text: string | Buffer, options: Partial<ExplainInput> = {}, env?: Record<string, string>) =>
  JSON.parse((await run(text, { json: true, ...options }, env)).stdout) as Record<string, unknown>;

const vectors = await readdir(VECTORS, { withFileTypes: true });
for (const { name } of vectors.filter((entry) => entry.isDirectory())) {
  for (const form of ['header', 'query']) {
    test(`accepts vector ${name}, ${form} form, in both line endings`, async () => {
      const read = (file: string) => readFile(path.join(VECTORS, name, `${form}-${file}.txt`), 'utf8');
      const signed = await read('signed-request');
      for (const text of [signed, signed.replaceAll('\n', '\r\n')]) {
        expect(await runJson(text)).toMatchObject({
          verdict: 'accepted',
          code: null,
          canonicalRequest: await read('canonical-request'),
          stringToSign: await read('string-to-sign'),
          cause: null,
          grade: null,
        });
      }
    });
  }

  test(`says that the request of vector ${name} is not signed`, async () => {
    const text = await readFile(path.join(VECTORS, name, 'request.txt'));
    expect(await runJson(text)).toMatchObject({
      verdict: 'refused',
      code: 'MissingAuthenticationTokenException',
      cause: 'not-signed',
    });
  });
}

test('accepts a token that was added to a presigned query after signing', async () => {
  const signed = await readFile(path.join(VECTORS, 'get-vanilla', 'query-signed-request.txt'), 'utf8');
  const text = signed.replace(' HTTP/1.1', '&X-Amz-Security-Token=AQo%2FEXAMPLE HTTP/1.1');
  const { stdout } = await run(text);
  expect(stdout).toContain('the session token was added to the query after signing');
});

const refused = toText(signRequest(setHeader(createInvoke(), 'Host', 'r1.example.com:9080')));

test('explains a refused request as a page', async () => {
  const file = path.join(folder, 'refused.txt');
  await writeFile(file, refused);
  const { exitCode, stdout, stderr } = await run(undefined, { file });
  expect(stderr).toBe('');
  expect(exitCode).toBe(1);
  expect(`\n${stdout.replaceAll(/sha256 [0-9a-f]{8}/g, 'sha256 <hash>')}`).toBe(`
read       1 request: POST /2015-03-31/functions/hello-world-cat/invocat...,
           6 headers, 15 byte body, LF, header signature
check      as "lambda" in us-east-1 at 20150830T123600Z, window 5 min, key
           AKIDEXAMPLE
           edge rule host-port (reported): host "r1.example.com:9080" is read
           as "r1.example.com"
verdict    refused: InvalidSignatureException
           proved: host-port
           Host was signed with a port; AWS checks it without one.
where      changed at aws edge
proof      proved: the signature sent matches if host is read as
           "r1.example.com:9080"
           (the first change tried to what lambda checked)
fix        sign Host without the port: strip_any_host_port on the listener,
           or another Host header

Canonical request             - signed by the signer    + checked by lambda
    POST
    /2015-03-31/functions/hello-world-cat/invocations
    (no query)
    ... 2 equal headers
  - host:r1.example.com:9080
                       ^^^^^
  + host:r1.example.com
    ... 2 equal headers, equal signed headers, equal payload hash
  - sha256 <hash>...   + sha256 <hash>...
`);
});

test('judges an old paste at the time of its signature, unless a time is given', async () => {
  const { now: _, ...undated } = DEFAULTS;
  const { stdout } = await runWith(undated, refused);
  expect(stdout).toMatch(/judged at the time of its signature, 20150830T123600Z; --now sets\s+another/);
  expect(stdout).toContain('proved: host-port');
  const accepted = toText(signRequest(createInvoke()));
  expect((await runWith(undated, accepted)).stdout).toContain('proved: clock-skew');
  expect((await run(refused, { now: '20160101T000000Z' })).stdout).toContain('clock-skew');
});

test('explains what AWS itself names of a signed request, before anything is computed', async () => {
  const head = refused.split('\n\n')[0] ?? '';
  const trace = `${head
    .split('\n')
    .map((line) => `> ${line}`)
    .join(
      '\n',
    )}\n>\n< HTTP/1.1 403 Forbidden\n< x-amzn-errortype: ExpiredTokenException\n<\n{"message":"The security token included in the request is expired"}\n`;
  expect(await runJson(trace)).toMatchObject({ cause: 'session-token-expired', grade: 'consistent' });
});

test('prints all findings of a log with --json, and nothing of a request', async () => {
  const line = (flags: string) =>
    `[2026-11-21T10:00:00.000Z] "GET /cat HTTP/1.1" 503 ${flags} 0 95 12 - "-" "curl" "id" "h" "-"`;
  const found = await runJson([line('UH'), line('UF'), line('UH')].join('\n'));
  expect(found).toMatchObject({ verdict: 'refused', cause: 'no-healthy-upstream', canonicalRequest: null });
  expect(found['findings']).toMatchObject([
    { cause: 'no-healthy-upstream', lines: [1, 3] },
    { cause: 'connection-failure', lines: [2] },
  ]);
});

test('prints one object with --json', async () => {
  const { exitCode, stdout } = await run(refused, { json: true });
  expect(exitCode).toBe(1);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'refused',
    code: 'InvalidSignatureException',
    cause: 'host-port',
    grade: 'proved',
    header: 'host',
    pathRule: 'normalized',
    service: 'lambda',
    region: 'us-east-1',
    edgeChanges: [{ rule: 'host-port', header: 'host', from: 'r1.example.com:9080', to: 'r1.example.com' }],
  });
});

test('names the path rule that made the signature match', async () => {
  const accepted = toText(signRequest(createInvoke()));
  expect(await run(accepted)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('path rule "normalized": as every AWS service but S3'),
  });
  const raw = toText(signRequest(createInvoke({ target: '/a//b' }), { service: 's3', pathRule: 'raw' }));
  expect((await run(raw)).stdout).toContain('path rule "raw": as S3');
});

test('lets the grade fall without keys, and says so', async () => {
  const { exitCode, stdout } = await run(refused, {}, {});
  expect(exitCode).toBe(1);
  expect(stdout).toContain('verdict    not checked: no secret key\n           likely: host-port\n');
  expect(stdout).toContain('no secret key: not proved');
  expect(stdout).toContain(
    'next       set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then:\n           meshrig explain -',
  );
  expect(await runJson(refused, {}, {})).toMatchObject({
    verdict: 'refused',
    code: null,
    grade: 'likely',
  });
});

test('uses the clock without --now, and reads both forms of it', async () => {
  const accepted = toText(signRequest(createInvoke()));
  expect(await runJson(accepted, { now: '20150830T123600Z' })).toMatchObject({ verdict: 'accepted' });
  expect(await runJson(accepted, { now: '2015-08-30T12:36:00Z' })).toMatchObject({ verdict: 'accepted' });
  const { now: _, ...withoutNow } = DEFAULTS;
  expect((await runWith(withoutNow, accepted)).stdout).toContain('at 20260101T000000Z');
});

test('never writes the secret, whatever is refused', async () => {
  const requests = [
    refused,
    toText(signRequest(createInvoke(), { secret: 'another' })),
    toText(signRequest(createInvoke(), { secret: `${SECRET}\n` })),
    toText(createInvoke()),
    'garbage',
  ];
  for (const text of requests) {
    for (const json of [true, false]) {
      const { stdout, stderr } = await run(text, { json });
      expect(stdout + stderr).not.toContain(SECRET);
    }
  }
});

test('hides a session token in the page', async () => {
  const withToken = setHeader(createInvoke(), 'X-Amz-Security-Token', 'token-of-the-session');
  const { stdout } = await run(toText(signRequest(withToken, { secret: 'another' })));
  expect(stdout).toContain('x-amz-security-token:(hidden)');
  expect(stdout).not.toContain('token-of-the-session');
});

test('writes colours only when asked', async () => {
  expect((await run(refused)).stdout).not.toContain('\u001B[');
  expect((await run(refused, {}, { ...KEYS, FORCE_COLOR: '1' })).stdout).toContain('\u001B[');
  expect((await run(refused, {}, { ...KEYS, FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).not.toContain('\u001B[');
});

const testComplaint = (what: string, exitCode: number, act: () => Promise<Run>, text: string) =>
  test(`complains about ${what}`, async () => {
    const result = await act();
    expect(result).toEqual({ exitCode, stdout: '', stderr: text });
  });

testComplaint(
  'a file that does not exist',
  3,
  () => run(undefined, { file: 'no-such-request.txt' }),
  `Failed to read file "no-such-request.txt": it does not exist
exit 3   the file can not be read, or no HTTP request is in it
`,
);

testComplaint(
  'a line that is no header, with its place',
  3,
  () => run('GET / HTTP/1.1\nHost: x\nnonsense\n'),
  `stdin:3:1  Failed to read request "stdin": "nonsense" is not a header: it has no ":"
   3 | nonsense
     | ^
Give one request: "GET /path HTTP/1.1", the headers, an empty line, then the body if there is one.
exit 3   the file can not be read, or no HTTP request is in it
`,
);

testComplaint(
  'a time it can not read',
  2,
  () => run(refused, { now: 'yesterday' }),
  `Failed to read option "--now": "yesterday" is not an ISO 8601 time
Write it as 2015-08-30T12:36:00Z or 20150830T123600Z.
exit 2   an option has a value that can not be read
`,
);

function toText({ method, target, headers, body }: ReceivedRequest): string {
  const lines = [`${method} ${target} HTTP/1.1`];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  return `${lines.join('\n')}\n\n${Buffer.from(body).toString()}`;
}
