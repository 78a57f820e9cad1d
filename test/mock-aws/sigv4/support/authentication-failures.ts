import type { EdgePolicy } from '#mock-aws/edge/types.ts';
import type { AccessKey, ReceivedRequest, VerifierPolicy } from '#mock-aws/sigv4/types.ts';
import {
  ACCESS_KEY,
  authorizationOf,
  createPolicy,
  createQueryPolicy,
  NOW,
  presignRequest,
  signRequest,
  type SigningOptions,
  TEMPORARY_KEY,
  withHeader,
} from './requests.ts';

export type ServiceName = 'lambda' | 'sts' | 'iam';

/** A request that must fail, and what the row's placeholders stand for in its answer. */
export interface Situation {
  readonly request: ReceivedRequest;
  readonly policy?: Partial<VerifierPolicy>;
  readonly edge?: Partial<EdgePolicy>;
  readonly values?: Readonly<Record<string, string>>;
}

export type FailureBuilder = (service: ServiceName) => Promise<Situation> | Situation;

const MINUTE_MS = 60_000;

/** The policy a service verifies by. */
export function policyOf(service: ServiceName, overrides: Partial<VerifierPolicy> = {}): VerifierPolicy {
  return service === 'lambda' ? createPolicy(overrides) : createQueryPolicy(service, overrides);
}

/** One builder per case of `fixtures/aws-errors/authentication.json`. */
export const AUTHENTICATION_FAILURES: Readonly<Record<string, FailureBuilder>> = {
  'algorithm-unsupported': async (service) => {
    const request = await sign(service);
    const value = authorizationOf(request).replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256');
    return { request: withHeader(request, 'Authorization', value), values: { alg: 'AWS4-ECDSA-P256-SHA256' } };
  },
  'auth-part-without-equals': async (service) => {
    const request = await sign(service);
    const authorization = authorizationOf(request).replace('Signature=', 'Signature');
    const part = authorization.slice(authorization.lastIndexOf(' ') + 1);
    return { request: withHeader(request, 'Authorization', authorization), values: { part, authorization } };
  },
  'auth-params-missing': async (service) => {
    const request = withHeader(await sign(service), 'x-amz-date');
    const authorization = 'AWS4-HMAC-SHA256';
    return { request: withHeader(request, 'Authorization', authorization), values: { authorization } };
  },
  'date-missing': async (service) => {
    const request = withHeader(await sign(service), 'x-amz-date');
    return { request, values: { authorization: authorizationOf(request) } };
  },
  'date-unreadable': async (service) => {
    const value = 'Thu, 01 Jan 2026 12:00:00 GMT';
    return { request: withHeader(await sign(service), 'x-amz-date', value), values: { value } };
  },
  'credential-parts': async (service) => {
    const request = await sign(service);
    const credential = `${ACCESS_KEY.accessKeyId}/20260101/us-east-1/aws4_request`;
    const value = authorizationOf(request).replace(/Credential=[^,]*/, `Credential=${credential}`);
    return { request: withHeader(request, 'Authorization', value), values: { credential } };
  },
  'host-not-signed': async (service) => {
    const request = await sign(service);
    const value = authorizationOf(request).replace('host;', '');
    return { request: withHeader(request, 'Authorization', value) };
  },
  'scope-region': async (service) => ({
    request: await sign(service, { region: 'eu-west-1' }),
    values: { region: 'eu-west-1' },
  }),
  'scope-service': async (service) => ({
    request: await sign(service, { service: 'execute-api' }),
    values: { service },
  }),
  'scope-terminator': async (service) => {
    const request = await sign(service);
    const value = authorizationOf(request).replace('/aws4_request', '/aws5_request');
    return { request: withHeader(request, 'Authorization', value), values: { terminator: 'aws5_request' } };
  },
  'scope-date': async (service) => {
    const request = await sign(service);
    const value = authorizationOf(request).replace('/20260101/', '/20251231/');
    const values = { scope_date: '20251231', request_date: '20260101', timestamp: '20260101T120000Z' };
    return { request: withHeader(request, 'Authorization', value), values };
  },
  'signature-mismatch': async (service) => {
    const request = await sign(service);
    const value = authorizationOf(request).replace(/Signature=.*$/, `Signature=${'0'.repeat(64)}`);
    return { request: withHeader(request, 'Authorization', value) };
  },
  'host-port-signed': async (service) => ({
    request: await sign(service, { headers: { host: 'r1.example.com:9080' } }),
  }),
  'wrong-secret': async (service) => ({
    request: await sign(service, { key: { ...ACCESS_KEY, secretAccessKey: 'not the secret' } }),
  }),
  'body-changed': async (service) => ({
    request: { ...(await sign(service)), body: Buffer.from('Action=GetUser&Version=2010-05-08') },
  }),
  'signed-x-forwarded-for': async (service) => ({
    request: await sign(service, { headers: { host: 'a.example.com', 'x-forwarded-for': '10.1.2.3' } }),
    edge: {
      frontEnd: 'rewrite',
      downstream: {
        address: '192.0.2.7',
        port: 443,
        protocol: 'https',
        traceId: '1-695660c0-0123456789abcdef01234567',
      },
    },
  }),
  'token-invalid': async (service) => ({
    request: await sign(service, { key: { ...TEMPORARY_KEY, sessionToken: 'somebody else' } }),
  }),
  'token-expired': async (service) => ({
    request: await sign(service, { key: TEMPORARY_KEY }),
    policy: findOnly({ ...TEMPORARY_KEY, sessionExpiresAt: NOW }),
  }),
  'key-unknown': async (service) => ({
    request: await sign(service, { key: { ...ACCESS_KEY, accessKeyId: 'AKIANOBODYEXAMPLE000' } }),
  }),
  'key-inactive': async (service) => ({
    request: await sign(service),
    policy: findOnly({ ...ACCESS_KEY, isActive: false }),
  }),
  'key-deleted': async (service) => ({ request: await sign(service), policy: { findAccessKey: () => undefined } }),
  'long-term-key-with-token': async (service) => ({
    request: await sign(service, { key: { ...ACCESS_KEY, sessionToken: 'of an old session' } }),
  }),
  'temporary-key-without-token': async (service) => {
    const { sessionToken: _, ...keyAlone } = TEMPORARY_KEY;
    return { request: await sign(service, { key: keyAlone }) };
  },
  'signature-expired': async (service) => {
    const { windowMinutes } = policyOf(service);
    const request = await sign(service, { at: NOW - windowMinutes * MINUTE_MS - 1_000 });
    return { request, values: { ...SKEW_VALUES[service].expired, now: '20260101T120000Z' } };
  },
  'signature-not-yet-current': async (service) => {
    const { windowMinutes } = policyOf(service);
    const request = await sign(service, { at: NOW + windowMinutes * MINUTE_MS + 1_000 });
    return { request, values: { ...SKEW_VALUES[service].early, now: '20260101T120000Z' } };
  },
  'no-auth': async (service) => ({ request: withHeader(await sign(service), 'Authorization') }),
  'double-authorization': async (service) => {
    const request = await sign(service);
    const first = authorizationOf(request);
    const second = first.replace(/Signature=.*$/, `Signature=${'1'.repeat(64)}`);
    return { request: withHeader(request, 'Authorization', first, second), values: { first, second } };
  },
  'auth-header-and-query': async (service) => {
    const request = await presign(service);
    return { request: withHeader(request, 'Authorization', authorizationOf(await sign(service))) };
  },
  'query-params-missing': async (service) => ({
    request: { ...(await presign(service)), target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' },
  }),
  'query-algorithm-wrong': async (service) => {
    const request = await presign(service);
    return { request: { ...request, target: request.target.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1') } };
  },
  'query-escape-truncated': async (service) => ({ request: { ...(await sign(service)), target: '/?Action=%4' } }),
  'query-escape-bad-hex': async (service) => ({
    request: { ...(await sign(service)), target: '/?Action=%zq&Version=1' },
    values: { xx: 'zq' },
  }),
  'path-escape-bad': async (service) => ({ request: { ...(await sign(service)), target: '/%zz' } }),
  'get-root': async (service) => ({ request: await sign(service, { method: 'GET', body: '' }) }),
  'reserved-headers': async (service) => ({
    request: withHeader(await sign(service), 'x-amzn-vpc-id', 'vpc-0123456789abcdef0'),
  }),
};

const SKEW_VALUES = {
  lambda: {
    expired: { request: '20260101T115459Z', limit: '20260101T115500Z' },
    early: { request: '20260101T120501Z', limit: '20260101T120500Z' },
  },
  sts: {
    expired: { request: '20260101T114459Z', limit: '20260101T114500Z' },
    early: { request: '20260101T121501Z', limit: '20260101T121500Z' },
  },
  iam: {
    expired: { request: '20260101T114459Z', limit: '20260101T114500Z' },
    early: { request: '20260101T121501Z', limit: '20260101T121500Z' },
  },
};

function sign(service: ServiceName, options: SigningOptions = {}): Promise<ReceivedRequest> {
  return signRequest({ ...optionsOf(service), ...options });
}

function presign(service: ServiceName): Promise<ReceivedRequest> {
  return presignRequest(optionsOf(service));
}

function optionsOf(service: ServiceName): SigningOptions {
  if (service === 'lambda') return { service };
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return { service, path: '/', headers, body: 'Action=GetCallerIdentity&Version=2011-06-15' };
}

function findOnly(key: AccessKey): Partial<VerifierPolicy> {
  return { findAccessKey: (id) => (id === key.accessKeyId ? key : undefined) };
}
