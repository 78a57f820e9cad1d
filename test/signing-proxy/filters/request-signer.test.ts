import { createHash } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOfType } from '#core/timeline.ts';
import type { Credentials } from '#signing-proxy/credentials/types.ts';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { createCanonicalHeaders, createCanonicalRequest } from '#signing-proxy/filters/aws/canonical-request.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner } from '#signing-proxy/filters/aws/request-signer.ts';
import { createDefaultHeaderRule } from '#signing-proxy/filters/aws/signed-header-rule.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { createTestContext, logTexts } from '../support/proxy-context.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 34, 56, 789);
const KEYS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret/EXAMPLE' };
const SCOPE = { region: 'us-east-1', service: 'lambda' };
const PLAN = { ...SCOPE, credentials: { getCredentials: () => KEYS } };
const PATH = '/2015-03-31/functions/hello/invocations';

function createRequest(extra: readonly (readonly [string, string])[] = []): HeaderMap {
  return HeaderMap.from([[':authority', 'example.com'], [':path', PATH], [':method', 'POST'], ...extra]);
}

async function sign(
  headers: HeaderMap,
  options: { credentials?: Credentials; dialect?: Dialect; logLevels?: string } = {},
) {
  const context = createTestContext({ start: NOW, ...options });
  const plan = { ...SCOPE, credentials: { getCredentials: () => options.credentials ?? KEYS } };
  await new RequestSigner('aws_lambda', context).sign(headers, EMPTY_PAYLOAD_HASH, plan);
  context[Symbol.dispose]();
  return context;
}

test('agrees with the AWS SDK on requests without the quirks of the dialect', async () => {
  const value = fc
    .string({ unit: fc.constantFrom('a', 'Z', '0', ' ', '-', '/', '=', ',', ';', '"'), minLength: 1 })
    .map((text) => `v${text}v`);
  const extra = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,12}$/), value, { maxKeys: 6 });
  const signer = new SignatureV4({ ...SCOPE, credentials: KEYS, sha256: Sha256, applyChecksum: true });
  await fc.assert(
    fc.asyncProperty(extra, fc.string(), async (headers, body) => {
      const request = createRequest(Object.entries(headers));
      const context = createTestContext({ start: NOW });
      await new RequestSigner('test', context).sign(request, createHash('sha256').update(body).digest('hex'), PLAN);
      context[Symbol.dispose]();
      const theirs = await signer.sign(
        {
          method: 'POST',
          protocol: 'https:',
          hostname: 'example.com',
          path: PATH,
          headers: { ...headers, host: 'example.com' },
          body,
        },
        { signingDate: new Date(Date.UTC(2026, 0, 1, 12, 34, 0)) },
      );
      expect(request.get('authorization')).toBe(theirs.headers['authorization']);
    }),
    { numRuns: 200 },
  );
});

test('writes no seconds into the date', async () => {
  const headers = createRequest();
  await sign(headers);
  expect(headers.get('x-amz-date')).toBe('20260101T123400Z');
});

function canonicalize(headers: HeaderMap): string {
  const rules = envoy119.signing;
  const canonicalHeaders = createCanonicalHeaders(headers, rules, createDefaultHeaderRule(rules));
  return createCanonicalRequest(
    headers,
    { canonicalHeaders, service: 'lambda', payloadHash: EMPTY_PAYLOAD_HASH },
    rules,
  );
}

const testCanonicalHost = (authority: string, signed: string) =>
  test(`signs host ${signed} for authority ${authority}`, () => {
    const headers = createRequest();
    headers.set(':authority', authority);
    const text = canonicalize(headers);
    expect(text.split('\n')).toContain(`host:${signed}`);
  });

testCanonicalHost('example.com', 'example.com');
testCanonicalHost('example.com:80', 'example.com');
testCanonicalHost('example.com:443', 'example.com');
testCanonicalHost('example.com:9080', 'example.com:9080');
testCanonicalHost('example.com:8443', 'example.com:8443');

const testCanonicalHeaders = (rule: string, headers: readonly (readonly [string, string])[], signed: string) =>
  test(`canonical headers: ${rule}`, () => {
    const text = canonicalize(createRequest(headers));
    expect(text.split('\n').slice(3, -3).join('|')).toBe(signed);
  });

testCanonicalHeaders(
  'sorts names by bytes',
  [
    ['x-b', '2'],
    ['x-a', '1'],
    ['accept', '*/*'],
  ],
  'accept:*/*|host:example.com|x-a:1|x-b:2',
);
testCanonicalHeaders(
  'joins repeated headers with a bare comma',
  [
    ['x-a', '2'],
    ['x-b', '0'],
    ['x-a', '1'],
  ],
  'host:example.com|x-a:2,1|x-b:0',
);
testCanonicalHeaders(
  'trims and collapses whitespace, inside quotes too',
  [['x-a', '  a \t b="c  d" ']],
  'host:example.com|x-a:a b="c d"',
);
testCanonicalHeaders(
  'leaves out empty values',
  [
    ['x-a', ''],
    ['x-b', '1'],
  ],
  'host:example.com|x-b:1',
);
testCanonicalHeaders(
  'leaves out what changes between proxies, and nothing else',
  [
    ['x-forwarded-for', '1.2.3.4'],
    ['x-forwarded-proto', 'https'],
    ['x-amzn-trace-id', 'Root=1'],
    ['x-envoy-internal', 'true'],
    ['x-forwarded-host', 'h'],
  ],
  'host:example.com|x-envoy-internal:true|x-forwarded-host:h',
);

test('keeps path and query as they are on the wire', () => {
  const headers = createRequest();
  headers.set(':path', '/a//b%2f/../c d?z=1&a=%20&a');
  const text = canonicalize(headers);
  expect(text.split('\n').slice(0, 3)).toEqual(['POST', '/a//b%2f/../c d', 'z=1&a=%20&a']);
});

test('adds to a date and an authorization that the caller sent, and signs both', async () => {
  const headers = createRequest([
    ['x-amz-date', '20200101T000000Z'],
    ['authorization', 'Bearer token'],
  ]);
  await sign(headers);
  expect(headers.getAll('x-amz-date')).toEqual(['20200101T000000Z', '20260101T123400Z']);
  // Envoy keeps this header in a field of its own: a second value is joined to the first.
  expect(headers.getAll('authorization')).toEqual([expect.stringMatching(/^Bearer token,AWS4-HMAC-SHA256 /)]);
  expect(headers.get('authorization')).toContain('SignedHeaders=authorization;host;x-amz-content-sha256;x-amz-date,');
});

test('replaces what the caller sent where the dialect says so', async () => {
  const dialect: Dialect = { ...envoy119, signing: { ...envoy119.signing, presentHeaders: 'replaced' } };
  const headers = createRequest([
    ['x-amz-date', '20200101T000000Z'],
    ['authorization', 'Bearer token'],
    ['x-amz-security-token', 'old'],
  ]);
  await sign(headers, { dialect });
  expect(headers.getAll('x-amz-date')).toEqual(['20260101T123400Z']);
  expect(headers.getAll('authorization')).toHaveLength(1);
  expect(headers.has('x-amz-security-token')).toBe(false);
});

test('sends a request without credentials unsigned, with the payload hash alone', async () => {
  const headers = createRequest();
  const context = createTestContext({ start: NOW });
  const plan = { ...SCOPE, credentials: { getCredentials: () => undefined } };
  await new RequestSigner('aws_lambda', context).sign(headers, EMPTY_PAYLOAD_HASH, plan);
  context[Symbol.dispose]();
  expect(headers.toRaw()).toEqual(['x-amz-content-sha256', EMPTY_PAYLOAD_HASH]);
  expect(eventsOfType(context.timeline.events(), 'left-unsigned')).toMatchObject([{ filter: 'aws_lambda' }]);
});

test('signs a session token and shows it nowhere', async () => {
  const headers = createRequest();
  const context = await sign(headers, { credentials: { ...KEYS, sessionToken: 'token-to-hide' }, logLevels: 'debug' });
  expect(headers.get('x-amz-security-token')).toBe('token-to-hide');
  expect(headers.get('authorization')).toContain('x-amz-security-token');
  const shown = JSON.stringify(context.timeline.events()) + logTexts(context, 'http').join('\n');
  expect(shown).not.toContain('token-to-hide');
  expect(shown).not.toContain(KEYS.secretAccessKey);
  expect(shown).toContain('x-amz-security-token:(hidden)');
});

test('tells the timeline what was signed', async () => {
  const context = await sign(createRequest([['x-request-id', 'abc']]));
  const [event] = eventsOfType(context.timeline.events(), 'signed');
  expect(event).toMatchObject({
    filter: 'aws_lambda',
    dialect: 'envoy-1.19',
    accessKeyId: 'AKIAEXAMPLE',
    requestId: 'abc',
  });
  expect(event?.stringToSign.split('\n').at(-1)).toBe(
    createHash('sha256')
      .update(event?.canonicalRequest ?? '')
      .digest('hex'),
  );
});
