import { describe, expect, test } from 'vitest';
import { explainRequest, type ExplainRequestOptions } from '#harness/explain/explain-request.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { createInvoke, KEY_ID, NOW, SECRET, setHeader, signRequest, type SignOptions } from './sign-request.ts';

const explain = (request: ReceivedRequest, options: Partial<ExplainRequestOptions> = {}) =>
  explainRequest(request, { now: NOW, keys: { secretAccessKey: SECRET }, ...options });

const withTarget = (request: ReceivedRequest, target: string) => ({ ...request, target });
const withBody = (request: ReceivedRequest, body: string) => ({ ...request, body: Buffer.from(body) });

test('accepts a request that is signed as AWS wants it', () => {
  expect(explain(signRequest(createInvoke()))).toMatchObject({
    judgement: { verdict: { accepted: true }, pathRule: 'normalized' },
    explanation: undefined,
  });
});

describe('proves a single change', () => {
  const testProved = (cause: string, name: string, request: ReceivedRequest, header?: string) =>
    test(`${cause}: ${name}`, () => {
      const { explanation } = explain(request);
      expect(explanation).toMatchObject({ cause, grade: 'proved', ...(header === undefined ? {} : { header }) });
    });

  const invoke = createInvoke();
  const signed = signRequest(invoke);
  const escaped = createInvoke({ target: '/2015-03-31/functions/arn%3Aaws%3Alambda/invocations' });
  const queried = createInvoke({ target: '/f?b=2&a=1&c=x%20y' });
  const signAs = (options: SignOptions) => signRequest(invoke, options);

  testProved(
    'host-port',
    'a port that AWS drops',
    signRequest(setHeader(invoke, 'Host', 'r1.example.com:9080')),
    'host',
  );
  testProved(
    'host-port',
    'an unusual port that is no longer there',
    setHeader(signRequest(setHeader(invoke, 'Host', 'r1.example.com:41377')), 'Host', 'r1.example.com'),
    'host',
  );
  testProved(
    'header-changed',
    'an element appended to a list',
    setHeader(
      signRequest(setHeader(invoke, 'X-Forwarded-Client-Cert', 'By=a;Hash=b')),
      'X-Forwarded-Client-Cert',
      'By=a;Hash=b,By=c',
    ),
    'x-forwarded-client-cert',
  );
  testProved(
    'header-changed',
    'another content type',
    setHeader(signed, 'Content-Type', 'application/json; charset=utf-8'),
    'content-type',
  );
  testProved('header-removed', 'a header with a usual value', setHeader(signed, 'Accept', undefined), 'accept');
  testProved(
    'header-added',
    'a second line',
    { ...signed, headers: [...signed.headers, 'X-Request-Id', 'b-2'] },
    'x-request-id',
  );
  testProved('path-encoding', 'a raw path on Lambda', signRequest(escaped, { pathRule: 'raw' }));
  testProved('path-changed', 'a trailing slash', withTarget(signed, `${signed.target}/`));
  testProved('query-changed', 'a parameter added', withTarget(signRequest(queried), `${queried.target}&utm=1`));
  testProved(
    'query-encoding',
    'a plus for a blank',
    withTarget(signRequest(createInvoke({ target: '/f?c=x%2By' })), '/f?c=x%20y'),
  );
  testProved(
    'payload-hash',
    'an empty payload signed',
    signAs({ payloadHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }),
  );
  testProved('payload-hash', 'an unsigned payload', signAs({ payloadHash: 'UNSIGNED-PAYLOAD' }));
  testProved('payload-hash', 'a line feed added', withBody(signed, '{"path":"/cat"}\n'));
  testProved('payload-hash', 'a body written as other JSON', withBody(signed, '{ "path": "/cat" }'));
  testProved('method-changed', 'another method', { ...signed, method: 'PUT' });
  testProved('wrong-date', 'a zeroed date', setHeader(signed, 'X-Amz-Date', '20150830T123617Z'));
  testProved('secret-whitespace', 'a secret with a line feed', signAs({ secret: `${SECRET}\n` }));
  testProved(
    'wrong-region',
    'another region in the credential',
    setHeader(signed, 'Authorization', credentialOf(signed).replace('us-east-1', 'eu-west-1')),
  );
  testProved(
    'wrong-service',
    'another service in the credential',
    setHeader(signed, 'Authorization', credentialOf(signed).replace('/lambda/', '/execute-api/')),
  );
  testProved('clock-skew', 'a request six minutes old', signAs({ stamp: '20150830T122959Z' }));
  testProved('not-signed', 'no signature', invoke);
  testProved('host-not-signed', 'a signature without host', signAs({ unsigned: ['host'] }));
  testProved('malformed-authorization', 'a bearer token', setHeader(invoke, 'Authorization', 'Bearer abc'));
});

test('proves two changes that match together only', () => {
  const signed = signRequest(setHeader(createInvoke(), 'Host', 'r1.example.com:9080'));
  const { explanation } = explain(setHeader(signed, 'Accept', undefined));
  expect(explanation).toMatchObject({ cause: 'host-port', grade: 'proved' });
  expect(explanation?.sentence).toBe(
    'Host was signed with a port; AWS checks it without one. Header "accept" was signed and then removed.',
  );
  expect(explanation?.searched.pairs).toBeGreaterThan(0);
});

test('explains nothing when the secret is another one, and does not rule it out', () => {
  const { explanation } = explain(signRequest(createInvoke(), { secret: 'another' }));
  expect(explanation).toMatchObject({ cause: 'unexplained', grade: 'unexplained' });
  expect(explanation?.ruledOut.map(({ cause }) => cause)).toContain('host-port');
  expect(explanation?.proof.at(-1)).toBe('not ruled out: another secret key, which changes nothing but the signature');
});

test('says that a skewed request does not match either', () => {
  const { explanation } = explain(signRequest(createInvoke(), { stamp: '20150830T110000Z', secret: 'another' }));
  expect(explanation).toMatchObject({ cause: 'clock-skew', grade: 'likely' });
});

test('names a key that is not the one of the environment', () => {
  const keys = { accessKeyId: 'AKIDOTHER', secretAccessKey: 'another' };
  const { explanation, judgement } = explain(signRequest(createInvoke()), { keys });
  expect(explanation).toMatchObject({ cause: 'access-key-unknown', grade: 'likely' });
  expect(judgement.verdict).toMatchObject({ code: 'UnrecognizedClientException' });
});

test('wants the region and service that were given, not those of the scope', () => {
  const signed = signRequest(createInvoke());
  expect(explain(signed, { region: 'eu-west-1' }).explanation).toMatchObject({
    cause: 'wrong-region',
    grade: 'proved',
  });
  expect(explain(signed, { service: 'sts' }).explanation).toMatchObject({ cause: 'malformed-request' });
  expect(explain(signed, { service: 'kms' }).explanation).toMatchObject({ cause: 'wrong-service', grade: 'proved' });
});

test('accepts a session token that the environment does not name, and refuses another one', () => {
  const signed = signRequest(setHeader(createInvoke(), 'X-Amz-Security-Token', 'token-1'));
  const keys = { accessKeyId: KEY_ID, secretAccessKey: SECRET };
  expect(explain(signed, { keys }).explanation).toBeUndefined();
  expect(explain(signed, { keys: { ...keys, sessionToken: 'token-1' } }).explanation).toBeUndefined();
  expect(explain(signed, { keys: { ...keys, sessionToken: 'token-2' } }).explanation).toMatchObject({
    cause: 'session-token-invalid',
  });
  expect(
    explain(signRequest(createInvoke()), { keys: { ...keys, sessionToken: 'token-1' } }).explanation,
  ).toMatchObject({
    cause: 'session-token-missing',
  });
});

test('takes the raw path rule for S3 only, and either for a service it does not know', () => {
  const target = '/a//b/../c';
  const sign = (service: string) => signRequest(createInvoke({ target }), { service, pathRule: 'raw' });
  expect(explain(sign('s3')).judgement).toMatchObject({ verdict: { accepted: true }, pathRule: 'raw' });
  expect(explain(sign('service')).judgement).toMatchObject({ verdict: { accepted: true }, pathRule: 'raw' });
  expect(explain(sign('lambda')).explanation).toMatchObject({ cause: 'path-encoding', grade: 'proved' });
  expect(explain(sign('service'), { pathRule: 'normalized' }).explanation).toMatchObject({ cause: 'path-encoding' });
});

describe('without a secret key', () => {
  const explainKeyless = (request: ReceivedRequest) => explain(request, { keys: {} });

  test('calls a port that the edge drops likely', () => {
    const { explanation, isRecomputed } = explainKeyless(signRequest(setHeader(createInvoke(), 'Host', 'r1:9080')));
    expect(isRecomputed).toBe(false);
    expect(explanation).toMatchObject({
      cause: 'host-port',
      grade: 'likely',
      proof: ['likely: a known pattern, no more', 'no secret key: not proved'],
      where: 'changed at aws edge',
    });
  });

  test('calls a body that is not the declared one likely', () => {
    const declared = setHeader(createInvoke(), 'X-Amz-Content-Sha256', 'a'.repeat(64));
    expect(explainKeyless(signRequest(declared)).explanation).toMatchObject({ cause: 'payload-hash', grade: 'likely' });
  });

  test('calls a signed header that is absent likely', () => {
    const { explanation } = explainKeyless(setHeader(signRequest(createInvoke()), 'X-Request-Id', undefined));
    expect(explanation).toMatchObject({ cause: 'header-removed', grade: 'likely', header: 'x-request-id' });
  });

  test('calls a failed check consistent', () => {
    const { explanation } = explainKeyless(signRequest(createInvoke(), { stamp: '20150830T110000Z' }));
    expect(explanation).toMatchObject({ cause: 'clock-skew', grade: 'consistent' });
  });

  test('explains nothing where no pattern shows', () => {
    const { explanation } = explainKeyless(signRequest(createInvoke()));
    expect(explanation).toMatchObject({ cause: 'unexplained', grade: 'unexplained' });
    expect(explanation?.sentence).toBe('Without the secret key the signature can not be computed again.');
  });
});

function credentialOf({ headers }: ReceivedRequest): string {
  return headers[headers.indexOf('Authorization') + 1] ?? '';
}
