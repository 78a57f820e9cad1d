import { expect, test } from 'vitest';
import type { JsonObject } from '@bufbuild/protobuf';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { Verdict, VerifierPolicy } from '#mock-aws/sigv4/types.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { findDialect } from '#signing-proxy/dialects/find-dialect.ts';
import { toRequestHead } from '#signing-proxy/http/request-head.ts';
import { logTexts } from '../support/proxy-context.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes, ROUTER, type Call } from '../support/http-rig.ts';

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';
const NAME = 'envoy.filters.http.aws_request_signing';
const NOW = Date.UTC(2026, 0, 1, 12, 0, 59);
const PRINCIPAL = { arn: 'arn:aws:iam::123456789012:user/a', accountId: '123456789012', userId: 'A' };
const KEY = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret/EXAMPLE' };

interface Setup {
  readonly dialect?: string;
  /** What the environment names. */
  readonly region?: string;
  readonly filter?: JsonObject;
  readonly filters?: readonly JsonObject[];
  readonly route?: JsonObject;
  readonly policy?: Partial<VerifierPolicy>;
}

function signing(fields: JsonObject = {}): JsonObject {
  const config = { service_name: 'es', region: 'us-east-1', ...fields };
  return { name: NAME, typed_config: { '@type': `${TYPES}.aws_request_signing.v3.AwsRequestSigning`, ...config } };
}

const LAMBDA: JsonObject = {
  name: 'envoy.filters.http.aws_lambda',
  typed_config: {
    '@type': `${TYPES}.aws_lambda.v3.Config`,
    arn: 'arn:aws:lambda:us-east-1:123456789012:function:hello',
    payload_passthrough: true,
  },
};

function createRig(setup: Setup) {
  const dialect = findDialect(setup.dialect ?? 'envoy-1.36');
  if (dialect === undefined) throw new Error(`no dialect ${setup.dialect}`);
  const metadata = { 'com.amazonaws.lambda': { egress_gateway: true } };
  const cluster = createScriptedCluster('aws', () => ({}), metadata);
  const perRoute = {
    [NAME]: {
      '@type': `${TYPES}.aws_request_signing.v3.AwsRequestSigningPerRoute`,
      aws_request_signing: { service_name: 'es', region: 'eu-west-1', ...setup.route },
      stat_prefix: 'route.',
    },
  };
  const rig = createHttpRig({
    start: NOW,
    dialect,
    credentials: KEY,
    ...(setup.region !== undefined && { region: setup.region }),
    logLevels: 'debug',
    clusters: [cluster],
    manager: {
      stat_prefix: 'inbound',
      route_config: inlineRoutes({
        match: { prefix: '/' },
        route: { cluster: 'aws' },
        ...(setup.route === undefined ? {} : { typed_per_filter_config: perRoute }),
      }),
      http_filters: [...(setup.filters ?? [signing(setup.filter)]), ROUTER],
    },
  });
  return { rig, cluster };
}

async function send(call: Call, setup: Setup = {}) {
  const { rig, cluster } = createRig(setup);
  using _ = rig;
  await rig.call(call);
  const [sent] = cluster.sent;
  if (sent === undefined) throw new Error('nothing was sent');
  const received = { ...toRequestHead(sent.headers), body: Buffer.from(sent.body) };
  const verify = (change: Partial<VerifierPolicy> = {}): Verdict =>
    verifyRequest(received, { ...createPolicy(), ...setup.policy, ...change });
  return { headers: sent.headers, target: received.target, verify, context: rig.context };
}

function createPolicy(): VerifierPolicy {
  return {
    service: 'es',
    region: 'us-east-1',
    now: NOW,
    windowMinutes: 5,
    family: 'rest-json',
    pathRule: 'normalized',
    honoursExpires: true,
    findAccessKey: () => ({ ...KEY, isActive: true, principal: PRINCIPAL }),
    signingKeys: new SigningKeyCache(),
  };
}

const signedHeadersOf = (authorization = '') => /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];

const testAccepted = (name: string, call: Call, setup: Setup = {}) =>
  test(`AWS accepts ${name}`, async () => {
    expect((await send(call, setup)).verify()).toMatchObject({ accepted: true });
  });

testAccepted('a GET', { path: '/a/b' });
testAccepted('a body', { method: 'POST', body: 'hello', headers: ['content-length', '5'] });
testAccepted('an odd path and query', { path: '/a%20b//c:d/./e?z=1&a=%2F+x&a=0' }, { policy: {} });
testAccepted('a signature in the query', { path: '/a?x=1&b' }, { filter: { query_string: {} } });
testAccepted(
  'a signature in the query, with a body',
  { method: 'POST', body: '{}', headers: ['content-length', '2'] },
  { filter: { query_string: { expiration_time: '60s' } } },
);
testAccepted(
  'SigV4A for a set of regions',
  { path: '/x' },
  { filter: { signing_algorithm: 'AWS_SIGV4A', region: 'us-*' }, policy: { takesSigV4A: true } },
);
testAccepted(
  'SigV4A in the query',
  { path: '/x?y=z' },
  { filter: { signing_algorithm: 'AWS_SIGV4A', region: '*', query_string: {} }, policy: { takesSigV4A: true } },
);

test('B15: SigV4A names its regions in a header that it signs', async () => {
  const { headers, verify } = await send({}, { filter: { signing_algorithm: 'AWS_SIGV4A', region: '*' } });
  expect(headers.get('x-amz-region-set')).toBe('*');
  expect(headers.get('authorization')).toMatch(
    /^AWS4-ECDSA-P256-SHA256 Credential=AKIAEXAMPLE\/20260101\/es\/aws4_request, /,
  );
  expect(signedHeadersOf(headers.get('authorization'))).toContain('x-amz-region-set');
  expect(verify()).toMatchObject({ accepted: false, failure: 'algorithm-unsupported' });
  expect(verify({ takesSigV4A: true, region: 'eu-west-1' })).toMatchObject({ accepted: true });
});

test('refuses SigV4A for a region outside the set, and with another secret', async () => {
  const filter = { signing_algorithm: 'AWS_SIGV4A', region: 'eu-*' };
  const { verify } = await send({}, { filter, policy: { takesSigV4A: true } });
  expect(verify()).toMatchObject({ failure: 'scope-wrong' });
  const findAccessKey = () => ({ ...KEY, secretAccessKey: 'other', isActive: true, principal: PRINCIPAL });
  expect(verify({ region: 'eu-west-1', findAccessKey })).toMatchObject({ failure: 'signature-mismatch' });
});

test('signs the same request with the same SigV4A signature', async () => {
  const filter = { signing_algorithm: 'AWS_SIGV4A' };
  const first = await send({}, { filter });
  const second = await send({}, { filter });
  expect(first.headers.get('authorization')).toBe(second.headers.get('authorization'));
});

test('B16: a query signed with zeroed seconds and the default life has expired at the end of a minute', async () => {
  const old = await send({}, { dialect: 'envoy-1.30', filter: { query_string: {} } });
  expect(old.target).toContain('X-Amz-Date=20260101T120000Z');
  expect(old.target).toContain('X-Amz-Expires=5');
  expect(old.verify()).toMatchObject({ accepted: false, failure: 'signature-expired' });
  expect((await send({}, { filter: { query_string: {} } })).verify()).toMatchObject({ accepted: true });
});

test('writes the parameters of a signature sorted among those of the request', async () => {
  const { target, headers } = await send({ path: '/p?x=1&a=%20+&x=0&c' }, { filter: { query_string: {} } });
  expect(target).toMatch(
    /^\/p\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20260101%2Fus-east-1%2Fes%2Faws4_request&X-Amz-Date=20260101T120059Z&X-Amz-Expires=5&X-Amz-Signature=[0-9a-f]{64}&X-Amz-SignedHeaders=[^&]*&a=%20\+&c=&x=1&x=0$/,
  );
  expect(headers.has('authorization')).toBe(false);
});

test('B04: a header for the router is signed and then removed, unless it is excluded', async () => {
  // Callers inside are believed: from others the headers are removed before the filters.
  const headers = ['x-forwarded-for', '10.0.0.7', 'x-envoy-retry-on', '5xx', 'x-envoy-max-retries', '2'];
  const internal: Setup = { dialect: 'envoy-1.22' };
  expect((await send({ headers }, internal)).verify()).toMatchObject({ failure: 'signature-mismatch' });
  const filter = { match_excluded_headers: [{ prefix: 'x-envoy-' }] };
  expect((await send({ headers }, { ...internal, filter })).verify()).toMatchObject({ accepted: true });
  // The field is newer than 1.19, which does not see it.
  expect((await send({ headers }, { dialect: 'envoy-1.19', filter })).verify()).toMatchObject({ accepted: false });
});

test('signs the headers of a list, and those that every signature needs', async () => {
  const filter = { match_included_headers: [{ prefix: 'x-in' }], match_excluded_headers: [{ exact: 'x-in-b' }] };
  const headers = [
    'x-in-a',
    '1',
    'x-in-b',
    '2',
    'x-out',
    '3',
    'content-type',
    'a/b',
    'x-amz-foo',
    '4',
    'x-amzn-foo',
    '5',
  ];
  const sent = await send({ headers }, { filter });
  expect(signedHeadersOf(sent.headers.get('authorization'))).toEqual([
    'content-type',
    'host',
    'x-amz-content-sha256',
    'x-amz-date',
    'x-amz-foo',
    'x-in-a',
    'x-in-b',
  ]);
  expect(sent.verify()).toMatchObject({ accepted: true });
});

const testSecondSignature = (dialect: string, expected: object) =>
  test(`B10: both filters in one chain, ${dialect}`, async () => {
    const filters = [LAMBDA, signing({ service_name: 'lambda' })];
    const { headers, verify } = await send({ method: 'POST', body: '{}' }, { dialect, filters });
    expect({
      values: headers.get('authorization')?.split('AWS4-HMAC-SHA256 ').length,
      verdict: verify({ service: 'lambda' }),
    }).toMatchObject(expected);
  });

const MISSING_EQUALS = "'AWS4-HMAC-SHA256' not a valid key=value pair (missing equal-sign) in Authorization header";
for (const dialect of ['envoy-1.19', 'envoy-1.25', 'envoy-1.30'])
  testSecondSignature(dialect, { values: 3, verdict: { message: expect.stringContaining(MISSING_EQUALS) as string } });
for (const dialect of ['envoy-1.34', 'envoy-1.36'])
  testSecondSignature(dialect, { values: 2, verdict: { accepted: true } });

test('B05, B06, B07: what a caller has signed is added to up to 1.30, and replaced after that', async () => {
  const headers = ['authorization', 'Bearer abc', 'x-amz-date', '20200101T000000Z', 'x-amz-security-token', 'old'];
  const old = await send({ headers }, { dialect: 'envoy-1.30' });
  expect(old.headers.get('authorization')).toMatch(/^Bearer abc,AWS4-HMAC-SHA256 /);
  expect(old.headers.getAll('x-amz-date')).toEqual(['20200101T000000Z', '20260101T120000Z']);
  expect(old.verify()).toMatchObject({ accepted: false });
  const replaced = await send({ headers }, { dialect: 'envoy-1.34' });
  expect(replaced.headers.getAll('x-amz-date')).toEqual(['20260101T120059Z']);
  expect(replaced.headers.has('x-amz-security-token')).toBe(false);
  expect(replaced.verify()).toMatchObject({ accepted: true });
});

test('B11: signs the host that it sends', async () => {
  const { headers, verify } = await send({}, { filter: { host_rewrite: 'search.us-east-1.es.amazonaws.com' } });
  expect(headers.get(':authority')).toBe('search.us-east-1.es.amazonaws.com');
  expect(verify()).toMatchObject({ accepted: true });
});

const testS3 = (dialect: string, path: string, isAccepted: boolean) =>
  test(`B13: S3 ${isAccepted ? 'accepts' : 'refuses'} ${path} of ${dialect}`, async () => {
    const setup: Setup = { dialect, filter: { service_name: 's3' }, policy: { service: 's3', pathRule: 'raw' } };
    expect((await send({ path }, setup)).verify()).toMatchObject({ accepted: isAccepted });
  });

testS3('envoy-1.19', '/a%20b', true);
testS3('envoy-1.22', '/a%20b', false);
testS3('envoy-1.30', '/a%20b', false);
testS3('envoy-1.34', '/a%20b', true);
testS3('envoy-1.36', '/a//b/../c', true);

const testPath = (dialect: string, path: string, isAccepted: boolean) =>
  test(`B14: AWS ${isAccepted ? 'accepts' : 'refuses'} ${path} of ${dialect}`, async () => {
    expect((await send({ path }, { dialect })).verify()).toMatchObject({ accepted: isAccepted });
  });

for (const path of ['//x', '/a+b', '/a:b']) {
  testPath('envoy-1.19', path, false);
  testPath('envoy-1.22', path, true);
  testPath('envoy-1.36', path, true);
}
testPath('envoy-1.34', '/a/./b', false);
testPath('envoy-1.36', '/a/./b', true);

test('an unsigned payload is not read', async () => {
  const { headers, verify } = await send(
    { method: 'PUT', body: 'x', headers: ['content-length', '1'] },
    { filter: { use_unsigned_payload: true, service_name: 's3' }, policy: { service: 's3', pathRule: 'raw' } },
  );
  expect(headers.get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD');
  expect(verify()).toMatchObject({ accepted: true });
});

test('a route replaces the settings whole, and counts under its own prefix', async () => {
  const { headers, context } = await send({}, { filter: { host_rewrite: 'a.example' }, route: {} });
  expect(headers.get(':authority')).toBe('example.com');
  expect(headers.get('authorization')).toContain('/eu-west-1/es/');
  expect(context.stats.find('route.aws_request_signing.signing_added').value).toBe(1);
});

test('counts and logs what it signs', async () => {
  const { context } = await send({ method: 'POST', body: 'x' });
  expect(context.stats.entries()).toEqual(
    expect.arrayContaining([
      ['http.inbound.aws_request_signing.payload_signing_added', 1],
      ['http.inbound.aws_request_signing.signing_added', 1],
    ]),
  );
  expect(logTexts(context, 'filter').at(-1)).toContain('aws request signing from decodeData');
  expect(logTexts(context, 'aws').at(-1)).toMatch(
    /^Header signing - Authorization header \(sanitised\): .*Signature=\*\*\*\*\*$/,
  );
});

test('shows neither the signature nor the token of a signed query', async () => {
  const filter = {
    query_string: {},
    credential_provider: { inline_credential: { ...snakeKey(), session_token: 'token-to-hide' } },
  };
  const { context, target } = await send({}, { filter });
  expect(target).toContain('X-Amz-Security-Token=token-to-hide');
  const signature = /X-Amz-Signature=([0-9a-f]+)/.exec(target)?.[1] ?? '?';
  const shown = JSON.stringify(context.timeline.events()) + logTexts(context, 'aws').join('\n');
  expect(shown).not.toContain('token-to-hide');
  expect(logTexts(context, 'aws').join('\n')).not.toContain(signature);
});

function snakeKey() {
  return { access_key_id: KEY.accessKeyId, secret_access_key: KEY.secretAccessKey };
}

test('signs for the region of the environment where none is configured', async () => {
  const { headers } = await send({}, { dialect: 'envoy-1.30', region: 'eu-west-1', filter: { region: '' } });
  expect(headers.get('authorization')).toContain('/eu-west-1/es/aws4_request');
});

const testRefusedConfig = (name: string, setup: Setup, message: string) =>
  test(`refuses ${name}`, () => expect(() => createRig(setup)).toThrow(message));

testRefusedConfig(
  'a set of regions for SigV4',
  { filter: { region: 'us-*' } },
  'SigV4 region string cannot contain wildcards or commas. Region sets can be specified when using signing_algorithm: AWS_SIGV4A.',
);
testRefusedConfig(
  'no region',
  { filter: { region: '' } },
  'AWS region is not set in xDS configuration and failed to retrieve from environment variable or AWS profile/config files.',
);
testRefusedConfig(
  'no region before 1.30, whatever the environment names',
  { dialect: 'envoy-1.29', region: 'eu-west-1', filter: { region: '' } },
  'Proto constraint validation failed (AwsRequestSigningValidationError.Region: value length must be at least 1 characters)',
);
testRefusedConfig(
  'no region for SigV4 where the environment names a set',
  { region: 'eu-*', filter: { region: '' } },
  'SigV4 region string cannot contain wildcards or commas.',
);
testRefusedConfig(
  'settings on a route before 1.27',
  { dialect: 'envoy-1.25', route: {} },
  `The filter ${NAME} doesn't support virtual host or route specific configurations`,
);
