import { describe, expect, test } from 'vitest';
import type { ReceivedRequest, Verdict, VerifierPolicy } from '#mock-aws/sigv4/types.ts';
import type { AuthFailure } from '#mock-aws/sigv4/auth-error.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import {
  ACCESS_KEY,
  authorizationOf,
  createAuthorization,
  createPolicy,
  createQueryPolicy,
  NOW,
  presignRequest,
  signByHand,
  signRequest,
  STAMP,
  TEMPORARY_KEY,
  withHeader,
} from './support/requests.ts';

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const MINUTE_MS = 60_000;

/** A GET signed by hand over a canonical request that the test spells out. */
function createByHand(parts: {
  target: string;
  canonicalPathAndQuery: string;
  headers?: readonly string[];
  canonicalHeaders?: string;
  signedHeaders?: string;
}): ReceivedRequest {
  const {
    target,
    canonicalPathAndQuery,
    headers = [],
    canonicalHeaders = '',
    signedHeaders = 'host;x-amz-date',
  } = parts;
  const lines = canonicalHeaders === '' ? `host:h\nx-amz-date:${STAMP}\n` : canonicalHeaders;
  const canonicalRequest = `GET\n${canonicalPathAndQuery}\n${lines}\n${signedHeaders}\n${EMPTY_HASH}`;
  const authorization = createAuthorization(signedHeaders, signByHand(Buffer.from(canonicalRequest, 'latin1')));
  return {
    method: 'GET',
    target,
    httpVersion: '1.1',
    headers: ['Host', 'h', 'X-Amz-Date', STAMP, 'Authorization', authorization, ...headers],
    body: Buffer.alloc(0),
  };
}

const ACCEPTED = { accepted: true };

function verify(request: ReceivedRequest, policy: Partial<VerifierPolicy> = {}): Verdict {
  return verifyRequest(request, createPolicy(policy));
}

function refusedFor(failure: AuthFailure): object {
  return { accepted: false, failure };
}

describe('order of checks', () => {
  test('reports an unknown key before a wrong host', async () => {
    const key = { ...ACCESS_KEY, accessKeyId: 'AKIANOBODYEXAMPLE000' };
    expect(verify(withHeader(await signRequest({ key }), 'host', 'elsewhere'))).toMatchObject(
      refusedFor('key-unknown'),
    );
  });

  test('reports skew before an unknown key', async () => {
    const key = { ...ACCESS_KEY, accessKeyId: 'AKIANOBODYEXAMPLE000' };
    expect(verify(await signRequest({ key, at: NOW - 6 * MINUTE_MS }))).toMatchObject(refusedFor('signature-expired'));
  });

  test('reports a wrong region before an unknown key', async () => {
    const key = { ...ACCESS_KEY, accessKeyId: 'AKIANOBODYEXAMPLE000' };
    expect(verify(await signRequest({ key, region: 'eu-west-1' }))).toMatchObject(refusedFor('scope-wrong'));
  });

  test('reports an unsigned host before an unreadable date', async () => {
    const request = withHeader(await signRequest(), 'x-amz-date', 'yesterday');
    expect(verify(withHeader(request, 'Authorization', authorizationOf(request).replace('host;', '')))).toMatchObject(
      refusedFor('host-not-signed'),
    );
  });

  test('reports a malformed path before a malformed query, and that before missing credentials', async () => {
    const request = withHeader(await signRequest(), 'Authorization');
    expect(verify({ ...request, target: '/%zz?a=%zz' })).toMatchObject(refusedFor('path-malformed'));
    expect(verify({ ...request, target: '/?a=%zz' })).toMatchObject(refusedFor('query-malformed'));
    expect(verify({ ...request, target: '/' })).toMatchObject(refusedFor('no-auth'));
  });

  test('reports a bad token before an inactive key', async () => {
    const request = await signRequest({ key: { ...TEMPORARY_KEY, sessionToken: 'wrong' } });
    expect(verify(request, { findAccessKey: () => ({ ...TEMPORARY_KEY, isActive: false }) })).toMatchObject(
      refusedFor('token-invalid'),
    );
  });

  test('joins everything that is wrong with a scope, in order', async () => {
    const request = await signRequest({ region: 'eu-west-1', service: 'sts' });
    const value = authorizationOf(request).replace('/20260101/', '/20251231/').replace('aws4_request', 'aws4');
    expect(verifyRequest(withHeader(request, 'Authorization', value), createPolicy())).toMatchObject({
      message:
        "Credential should be scoped to a valid region, not 'eu-west-1'. " +
        "Credential should be scoped to correct service: 'lambda'. " +
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. " +
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20251231' != '20260101', from '20260101T120000Z'. ",
    });
  });
});

describe('Authorization header', () => {
  test('lets the last of two equal parameters win', async () => {
    const request = await signRequest();
    const value = authorizationOf(request);
    const twice = value.replace('Credential=', 'Credential=a/b/c/d/e, Credential=');
    expect(verify(withHeader(request, 'Authorization', twice))).toMatchObject(ACCEPTED);
    expect(verify(withHeader(request, 'Authorization', `${value}, Signature=${'0'.repeat(64)}`))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
  });

  test('accepts parts separated by blanks or commas alone', async () => {
    const request = await signRequest();
    expect(verify(withHeader(request, 'Authorization', authorizationOf(request).replaceAll(', ', ',')))).toMatchObject(
      ACCEPTED,
    );
    expect(verify(withHeader(request, 'Authorization', authorizationOf(request).replaceAll(', ', ' ')))).toMatchObject(
      ACCEPTED,
    );
  });

  test('names the tail of a key id with a blank in it', async () => {
    const request = await signRequest({ key: { ...ACCESS_KEY, accessKeyId: 'AKIA ALICE' } });
    expect(verify(request)).toMatchObject({
      failure: 'auth-part-without-equals',
      message: expect.stringContaining("'ALICE/20260101/us-east-1/lambda/aws4_request' not a valid key=value pair"),
    });
  });

  test('misses every part of a bare token', () => {
    const request: ReceivedRequest = {
      method: 'GET',
      target: '/a',
      httpVersion: '1.1',
      headers: ['Host', 'h', 'Authorization', 'eyJraWQ'],
      body: Buffer.alloc(0),
    };
    expect(verify(request)).toMatchObject({
      message:
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=eyJraWQ",
    });
  });

  test('reads the date of the Date header when X-Amz-Date is absent', () => {
    const request = createByHand({
      target: '/',
      canonicalPathAndQuery: '/\n',
      headers: ['Date', STAMP],
      canonicalHeaders: `date:${STAMP}\nhost:h\n`,
      signedHeaders: 'date;host',
    });
    expect(verify(withHeader(request, 'X-Amz-Date'))).toMatchObject(ACCEPTED);
    expect(verify(withHeader(withHeader(request, 'X-Amz-Date'), 'Date'))).toMatchObject(
      refusedFor('auth-params-missing'),
    );
  });

  test('accepts an extended date when the signer signed the basic form, and warns', () => {
    const extended = '2026-01-01T12:00:00Z';
    const request = createByHand({
      target: '/',
      canonicalPathAndQuery: '/\n',
      canonicalHeaders: `host:h\nx-amz-date:${extended}\n`,
    });
    expect(verifyRequest(withHeader(request, 'X-Amz-Date', extended), createPolicy())).toMatchObject({
      accepted: true,
      warnings: [expect.stringContaining('basic format')],
    });
  });

  test('refuses a signature in upper case', async () => {
    const request = await signRequest();
    const value = authorizationOf(request).replace(
      /Signature=(.*)$/,
      (_, hex: string) => `Signature=${hex.toUpperCase()}`,
    );
    expect(verify(withHeader(request, 'Authorization', value))).toMatchObject(refusedFor('signature-mismatch'));
  });

  test('refuses a list of signed headers that is out of order', () => {
    const signed = { target: '/', canonicalPathAndQuery: '/\n', signedHeaders: 'x-amz-date;host' };
    expect(verify(createByHand({ ...signed, canonicalHeaders: `x-amz-date:${STAMP}\nhost:h\n` }))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
  });
});

describe('query form', () => {
  const presigned = () =>
    presignRequest({ service: 'sts', path: '/', query: { Action: 'GetCallerIdentity' }, body: '' });

  test('lets the first of two equal parameters win', async () => {
    const request = await presigned();
    const credential = /X-Amz-Credential=[^&]*/.exec(request.target)?.[0] ?? '';
    const policy = createQueryPolicy('sts');
    const before = { ...request, target: request.target.replace('?', '?X-Amz-Credential=a%2Fb&') };
    const after = { ...request, target: `${request.target}&X-Amz-Credential=a%2Fb` };
    expect(credential).not.toBe('');
    expect(verifyRequest(before, policy)).toMatchObject({ failure: 'credential-parts' });
    expect(verifyRequest(after, policy)).toMatchObject({ failure: 'signature-mismatch' });
  });

  test('ignores X-Amz-Expires and lives as long as the window', async () => {
    const request = await presigned();
    expect(verifyRequest(request, createQueryPolicy('sts', { now: NOW + 15 * MINUTE_MS }))).toMatchObject({
      accepted: true,
    });
    expect(verifyRequest(request, createQueryPolicy('sts', { now: NOW + 16 * MINUTE_MS }))).toMatchObject({
      failure: 'signature-expired',
    });
  });

  test('lives as long as X-Amz-Expires where the service honours it', async () => {
    const request = await presigned();
    const policyAt = (now: number) => createQueryPolicy('sts', { honoursExpires: true, now });
    expect(verifyRequest(request, policyAt(NOW + MINUTE_MS))).toMatchObject({ accepted: true });
    expect(verifyRequest(request, policyAt(NOW + MINUTE_MS + 1_000))).toMatchObject({ failure: 'signature-expired' });
  });

  test('takes the session token from the query', async () => {
    const options = { service: 'sts', path: '/', query: { Action: 'GetCallerIdentity' }, body: '', key: TEMPORARY_KEY };
    const request = await presignRequest(options);
    expect(verifyRequest(request, createQueryPolicy('sts'))).toMatchObject({ accepted: true, form: 'query' });
  });

  test('names only the parameters that are missing', async () => {
    const request = await presigned();
    const target = request.target.replace(/X-Amz-Date=[^&]*&/, '');
    expect(verifyRequest({ ...request, target }, createQueryPolicy('sts'))).toMatchObject({
      message: "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
    });
  });
});

describe('time', () => {
  test.each([
    ['lambda', 5],
    ['sts', 15],
  ] as const)('accepts a %s request exactly %d minutes off, both ways', async (service, minutes) => {
    const policy = service === 'sts' ? createQueryPolicy('sts') : createPolicy();
    const options = { service, path: '/a' };
    const late = await signRequest({ ...options, at: NOW - minutes * MINUTE_MS });
    const early = await signRequest({ ...options, at: NOW + minutes * MINUTE_MS });
    expect(verifyRequest(late, policy)).toMatchObject({ accepted: true });
    expect(verifyRequest(early, policy)).toMatchObject({ accepted: true });
  });

  test('counts whole seconds, as its texts show them', async () => {
    const request = await signRequest({ at: NOW - 5 * MINUTE_MS });
    expect(verify(request, { now: NOW + 999 })).toMatchObject(ACCEPTED);
    expect(verify(request, { now: NOW + 1_000 })).toMatchObject(refusedFor('signature-expired'));
  });
});

describe('session tokens', () => {
  test('accepts a temporary key with its own token until the session ends', async () => {
    const request = await signRequest({ key: TEMPORARY_KEY });
    const ending = (sessionExpiresAt: number) => ({ findAccessKey: () => ({ ...TEMPORARY_KEY, sessionExpiresAt }) });
    expect(verify(request, ending(NOW + 1))).toMatchObject(ACCEPTED);
    expect(verify(request, ending(NOW))).toMatchObject(refusedFor('token-expired'));
  });

  test('accepts a token that was added after signing, and warns', async () => {
    const { sessionToken, ...keyAlone } = TEMPORARY_KEY;
    const request = withHeader(await signRequest({ key: keyAlone }), 'x-amz-security-token', sessionToken ?? '');
    expect(verify(request)).toMatchObject({
      accepted: true,
      warnings: ['Header "x-amz-security-token" is not signed; only S3 would refuse that'],
    });
  });

  test('says mismatch for the right token with a wrong secret', async () => {
    expect(verify(await signRequest({ key: { ...TEMPORARY_KEY, secretAccessKey: 'wrong' } }))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
  });
});

describe('canonical request', () => {
  test('reads a bare plus as itself, or as a blank, and says which', () => {
    const literal = createByHand({ target: '/?q=a+b', canonicalPathAndQuery: '/\nq=a%2Bb' });
    const space = createByHand({ target: '/?q=a+b', canonicalPathAndQuery: '/\nq=a%20b' });
    const other = createByHand({ target: '/?q=a+b', canonicalPathAndQuery: '/\nq=a-b' });
    expect(verifyRequest(literal, createPolicy())).toMatchObject({ accepted: true, plusReading: 'literal' });
    expect(verifyRequest(space, createPolicy())).toMatchObject({ accepted: true, plusReading: 'space' });
    expect(verify(other)).toMatchObject(refusedFor('signature-mismatch'));
  });

  test('hashes header bytes as they were received', () => {
    const headers = ['X-Name', Buffer.from('Zoë', 'utf8').toString('latin1')];
    const signedHeaders = 'host;x-amz-date;x-name';
    const lines = (name: string) => `host:h\nx-amz-date:${STAMP}\nx-name:${name}\n`;
    const signed = { target: '/', canonicalPathAndQuery: '/\n', headers, signedHeaders };
    expect(
      verify(createByHand({ ...signed, canonicalHeaders: lines(Buffer.from('Zoë', 'utf8').toString('latin1')) })),
    ).toMatchObject(ACCEPTED);
    expect(verify(createByHand({ ...signed, canonicalHeaders: lines('Zoë') }))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
  });

  test('joins repeated headers and folds blanks, but keeps the byte A0', () => {
    const headers = ['X-List', ' a  b\t', 'x-list', '"c   d"', 'X-LIST', '\u00a0e\u00a0'];
    const canonicalHeaders = `host:h\nx-amz-date:${STAMP}\nx-list:a b,"c d",\u00a0e\u00a0\n`;
    expect(
      verify(
        createByHand({
          target: '/',
          canonicalPathAndQuery: '/\n',
          headers,
          canonicalHeaders,
          signedHeaders: 'host;x-amz-date;x-list',
        }),
      ),
    ).toMatchObject(ACCEPTED);
  });

  test('gives a signed header that is absent an empty value', () => {
    const signedHeaders = 'host;x-amz-date;x-gone';
    const lines = (value: string) => `host:h\nx-amz-date:${STAMP}\nx-gone:${value}\n`;
    const signed = { target: '/', canonicalPathAndQuery: '/\n', signedHeaders };
    expect(verify(createByHand({ ...signed, canonicalHeaders: lines('') }))).toMatchObject(ACCEPTED);
    expect(verify(createByHand({ ...signed, canonicalHeaders: lines('was here') }))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
  });

  test('ignores unsigned headers', async () => {
    expect(verify(withHeader(await signRequest(), 'x-b3-traceid', 'abc'))).toMatchObject(ACCEPTED);
  });

  test('takes :authority for a signed host, and host for a signed :authority', async () => {
    const request = await signRequest();
    expect(
      verify(withHeader(withHeader(request, 'host'), ':authority', 'lambda.us-east-1.amazonaws.com')),
    ).toMatchObject(ACCEPTED);
    expect(verify(withHeader(withHeader(request, 'host'), ':authority', 'elsewhere'))).toMatchObject(
      refusedFor('signature-mismatch'),
    );
    const signed = { target: '/', canonicalPathAndQuery: '/\n', signedHeaders: ':authority;x-amz-date' };
    expect(verify(createByHand({ ...signed, canonicalHeaders: `:authority:h\nx-amz-date:${STAMP}\n` }))).toMatchObject(
      ACCEPTED,
    );
  });

  test('hashes the body whatever x-amz-content-sha256 says', async () => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    expect(verify(await signRequest({ headers }))).toMatchObject(refusedFor('signature-mismatch'));
    expect(
      verify(await signRequest({ headers, service: 's3', path: '/key' }), { service: 's3', pathRule: 'raw' }),
    ).toMatchObject(ACCEPTED);
  });

  test('holds S3 to the hash it declared', async () => {
    const policy = { service: 's3', pathRule: 'raw' } as const;
    const headers = { 'x-amz-content-sha256': EMPTY_HASH };
    const request = await signRequest({ headers, service: 's3', path: '/key', body: '' });
    expect(verify(request, policy)).toMatchObject(ACCEPTED);
    expect(verify({ ...request, body: Buffer.from('other') }, policy)).toMatchObject(
      refusedFor('payload-hash-mismatch'),
    );
  });
});

describe('query services', () => {
  const policy = createQueryPolicy('iam');

  test('redirect a bare GET but not one with a query', async () => {
    const options = { service: 'iam', path: '/', method: 'GET', body: '' };
    const request = await signRequest({ ...options, query: { Action: 'ListUsers' } });
    expect(verifyRequest(request, policy)).toMatchObject({ accepted: true });
    expect(verifyRequest({ ...request, target: '/' }, policy)).toMatchObject({ failure: 'get-root', status: 302 });
  });

  test('take a form and nothing else', async () => {
    const withType = (type: string) => signRequest({ service: 'iam', path: '/', headers: { 'content-type': type } });
    expect(verifyRequest(await withType('application/x-www-form-urlencoded'), policy)).toMatchObject({
      accepted: true,
    });
    expect(verifyRequest(await withType('application/json'), policy)).toMatchObject({
      failure: 'content-type-unsuitable',
      status: 403,
    });
  });
});

test('tells who signed, over what, and never the secret', async () => {
  const verdict = verifyRequest(await signRequest(), createPolicy());
  expect(verdict).toMatchObject({
    accepted: true,
    accessKeyId: ACCESS_KEY.accessKeyId,
    principal: ACCESS_KEY.principal,
    form: 'header',
    plusReading: undefined,
    warnings: [],
  });
  expect(JSON.stringify(verdict)).not.toContain(ACCESS_KEY.secretAccessKey);
});

test('keeps what it learnt in a refusal, and never the secret', async () => {
  const request = { ...(await signRequest()), body: Buffer.from('changed') };
  const verdict = verify(request);
  expect(verdict).toMatchObject({
    failure: 'signature-mismatch',
    accessKeyId: ACCESS_KEY.accessKeyId,
    canonicalRequest: expect.stringContaining('POST\n/2015-03-31/'),
    stringToSign: expect.stringContaining('AWS4-HMAC-SHA256\n'),
  });
  expect(JSON.stringify(verdict)).not.toContain(ACCESS_KEY.secretAccessKey);
});
