import { generateKeyPairSync } from 'node:crypto';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAuthority } from '#core/certificates.ts';
import { createNetworkAgent } from '#core/http.ts';
import { createRandom } from '#core/random.ts';
import { startMockAwsWorld, type MockAwsWorld, type RawAnswer } from '#test/support/mock-aws-world.ts';
import {
  ISSUER,
  startTokenIssuer,
  SUBJECT,
  type IssuerOptions,
  type TokenIssuer,
  type TokenOptions,
} from '../support/token-issuer.ts';

const PROVIDER = ISSUER.slice('https://'.length);
const PROVIDER_ARN = `arn:aws:iam::123456789012:oidc-provider/${PROVIDER}`;
const ROLE_ARN = 'arn:aws:iam::123456789012:role/gateway';

const trust = (change: object = {}) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER_ARN },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${PROVIDER}:sub`]: SUBJECT, [`${PROVIDER}:aud`]: 'sts.amazonaws.com' } },
      ...change,
    },
  ],
});

interface Place {
  readonly world: MockAwsWorld;
  readonly issuer: TokenIssuer;
}

/** A role that the issuer's pods may assume. */
async function start(
  options: IssuerOptions & { readonly thumbprints?: readonly string[] } = {},
): Promise<Place & AsyncDisposable> {
  const world = await startMockAwsWorld();
  const issuer = await startTokenIssuer(world, options);
  const { thumbprints = [] } = options;
  world.aws.iam.oidcProviders.create({ url: ISSUER, clientIds: ['sts.amazonaws.com'], thumbprints });
  world.aws.iam.roles.createRole({ roleName: 'gateway', trustPolicy: trust() });
  return { world, issuer, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function ask(
  { world }: Place,
  token: string,
  more: Record<string, string> = {},
  headers = {},
): Promise<RawAnswer> {
  const query = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: ROLE_ARN,
    RoleSessionName: 'envoy',
    WebIdentityToken: token,
    ...more,
  });
  return await world.send({ service: 'sts', method: 'GET', path: `/?${query.toString()}`, key: null, headers });
}

const errorOf = ({ status, body }: RawAnswer): string => {
  const [, code] = /<Code>(.*)<\/Code>/.exec(body) ?? [];
  const [, message] = /<Message>([^]*)<\/Message>/.exec(body) ?? [];
  return `${status} ${code}: ${message}`;
};

const NOT_TRUSTED = '403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity';
const NO_KEY =
  "400 InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
const NOT_VALID = '400 InvalidIdentityToken: The web identity token provided could not be validated';

test('a pod becomes a session of its role, with nothing but its token', async () => {
  await using place = await start({ algorithm: 'RS256' });
  const { world, issuer } = place;
  const sts = unsignedClient(world);
  const answer = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'envoy',
      WebIdentityToken: await issuer.createToken(),
    }),
  );
  const role = world.aws.iam.roles.getRole('gateway');
  expect(answer).toMatchObject({
    SubjectFromWebIdentityToken: SUBJECT,
    Audience: 'sts.amazonaws.com',
    Provider: PROVIDER_ARN,
    AssumedRoleUser: {
      AssumedRoleId: `${role.roleId}:envoy`,
      Arn: 'arn:aws:sts::123456789012:assumed-role/gateway/envoy',
    },
  });
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = answer.Credentials ?? {};
  expect(accessKeyId).toMatch(/^ASIA/);
  const key = { accessKeyId, secretAccessKey, sessionToken };
  const who = await world.send({
    service: 'sts',
    method: 'GET',
    path: '/?Action=GetCallerIdentity&Version=2011-06-15',
    key,
  });
  expect(who.body).toContain('<Arn>arn:aws:sts::123456789012:assumed-role/gateway/envoy</Arn>');
  sts.destroy();
});

function unsignedClient({ network, authority }: MockAwsWorld): STSClient {
  const agent = createNetworkAgent(network, 'client', { tls: { ca: authority.certificatePem } });
  const httpsAgent = Object.assign(agent, { defaultPort: 443 });
  const credentials = { accessKeyId: 'unused', secretAccessKey: 'unused' };
  return new STSClient({ region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: { httpsAgent } });
}

test('a caller that accepts JSON gets JSON, with the expiry in seconds', async () => {
  await using place = await start();
  const headers = { accept: 'application/json' };
  const { body, headers: answered } = await ask(place, await place.issuer.createToken(), {}, headers);
  const { Credentials: credentials } = (JSON.parse(body) as JsonAnswer).AssumeRoleWithWebIdentityResponse
    .AssumeRoleWithWebIdentityResult;
  expect(answered['content-type']).toBe('application/json');
  expect(credentials.Expiration).toBe(Math.floor(place.world.clock.now() / 1000) + 3600);
});

interface JsonAnswer {
  readonly AssumeRoleWithWebIdentityResponse: {
    readonly AssumeRoleWithWebIdentityResult: { readonly Credentials: { readonly Expiration: number } };
  };
}

test('the expiry is written with an exponent where that is wanted', async () => {
  await using place = await start();
  place.world.aws.sts.expirationFormat = 'exponent';
  const { body } = await ask(place, await place.issuer.createToken(), {}, { accept: 'application/json' });
  const [, written = ''] = /"Expiration":([^,}]*)/.exec(body) ?? [];
  expect(written).toMatch(/^1\.\d+E9$/);
  expect(Number(written)).toBe(Math.floor(place.world.clock.now() / 1000) + 3600);
});

const testRefused = (name: string, given: TokenOptions, expected: string) =>
  test(name, async () => {
    await using place = await start();
    const answer = await ask(place, await place.issuer.createToken(given));
    expect(errorOf(answer)).toBe(expected);
  });

testRefused(
  'a token without audience lacks a claim',
  { without: ['aud'] },
  '400 InvalidIdentityToken: Missing a required claim: aud',
);
testRefused(
  'a token without subject lacks a claim',
  { without: ['sub'] },
  '400 InvalidIdentityToken: Missing a required claim: sub',
);
testRefused(
  'an issuer with one slash more is unknown',
  { claims: { iss: `${ISSUER}/` } },
  `400 InvalidIdentityToken: No OpenIDConnect provider found in your account for ${ISSUER}/`,
);
testRefused(
  'an audience that the provider does not know is incorrect',
  { claims: { aud: 'sts.us-east-1.amazonaws.com' } },
  '400 InvalidIdentityToken: Incorrect token audience',
);
testRefused(
  'a subject that the role does not trust is not authorized',
  { claims: { sub: 'system:serviceaccount:gateways:other' } },
  NOT_TRUSTED,
);
testRefused(
  'a token of another key of the same name is not validated',
  { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
  NOT_VALID,
);
testRefused('a token of a key that is not published has no key', { keyId: 'key-2' }, NO_KEY);
testRefused(
  'a token that starts later is not validated',
  { claims: { nbf: 4_000_000_000, exp: 4_000_000_100 } },
  NOT_VALID,
);

test('an expired token says when, in seconds', async () => {
  await using place = await start();
  const token = await place.issuer.createToken({ lifeSeconds: 600 });
  const issuedAt = Math.floor(place.world.clock.now() / 1000);
  await place.world.clock.sleep(600_000);
  const now = Math.floor(place.world.clock.now() / 1000);
  expect(errorOf(await ask(place, token))).toBe(
    `400 ExpiredTokenException: Token expired: current date/time ${now} must be before the expiration date/time ${issuedAt + 600}`,
  );
});

test('a token of two days is too old, whatever it says', async () => {
  await using place = await start();
  const now = Math.floor(place.world.clock.now() / 1000);
  const answer = await ask(
    place,
    await place.issuer.createToken({ claims: { iat: now - 172_800, nbf: now - 172_800 } }),
  );
  expect(errorOf(answer)).toBe('400 ExpiredTokenException: Token too old: 172800');
});

test('an access token is no JWT', async () => {
  await using place = await start();
  expect(errorOf(await ask(place, 'access-token'))).toBe(
    '400 InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
  );
});

test('an audience that only the trust policy asks for is a failing condition, not a wrong audience', async () => {
  await using place = await start();
  const condition = { StringEquals: { [`${PROVIDER}:aud`]: 'sts.us-east-1.amazonaws.com' } };
  place.world.aws.iam.roles.updateTrustPolicy('gateway', trust({ Condition: condition }));
  expect(errorOf(await ask(place, await place.issuer.createToken()))).toBe(NOT_TRUSTED);
});

test('a role that is not there reads as one that does not trust', async () => {
  await using place = await start();
  const answer = await ask(place, await place.issuer.createToken(), { RoleArn: `${ROLE_ARN}s` });
  expect(errorOf(answer)).toBe(NOT_TRUSTED);
});

const testIssuer = (name: string, answer: NonNullable<IssuerOptions['answer']>, expected = NO_KEY) =>
  test(name, async () => {
    await using place = await start({ answer });
    expect(errorOf(await ask(place, await place.issuer.createToken()))).toBe(expected);
  });

const UNREACHABLE =
  '400 IDPCommunicationError: The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached.';
testIssuer('an issuer that answers 500 gives no key', (_, response) => void response.writeHead(500).end());
testIssuer('an issuer that answers nonsense gives no key', (_, response) => void response.end('<html>'));
testIssuer(
  'an issuer of another name gives no key',
  (_, response) => void response.end('{"issuer":"https://other","jwks_uri":"https://other/keys"}'),
);
testIssuer('an issuer that hangs up can not be reached', (request) => void request.socket.destroy(), UNREACHABLE);
testIssuer('an issuer that never answers can not be reached', () => undefined, UNREACHABLE);

test('a certificate of an authority nobody knows needs its thumbprint', async () => {
  const authority = await createAuthority({ commonName: 'private root', random: createRandom('private') });
  await using refused = await start({ authority, thumbprints: ['0'.repeat(40)] });
  expect(errorOf(await ask(refused, await refused.issuer.createToken()))).toBe(
    "400 InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
  );
  refused.world.aws.iam.oidcProviders.updateThumbprints(PROVIDER_ARN, [refused.issuer.thumbprint]);
  expect((await ask(refused, await refused.issuer.createToken())).status).toBe(200);
});

test('the keys are fetched once, and again for a key that was not there', async () => {
  await using place = await start();
  const { issuer, world } = place;
  const old = issuer.jwks.keys;
  issuer.jwks.keys = [];
  expect(errorOf(await ask(place, await issuer.createToken()))).toBe(NO_KEY);
  issuer.jwks.keys = old;
  await world.clock.sleep(31_000);
  for (let call = 0; call < 3; call++) expect((await ask(place, await issuer.createToken())).status).toBe(200);
  expect(issuer.requests.filter((path) => path.endsWith('/keys'))).toHaveLength(2);
});

test('keys that were given are not fetched', async () => {
  await using place = await start();
  place.world.aws.sts.giveIssuerKeys(ISSUER, place.issuer.jwks.keys as Record<string, unknown>[]);
  expect((await ask(place, await place.issuer.createToken())).status).toBe(200);
  expect(place.issuer.requests).toEqual([]);
});

test('a duration over the limit of the role is refused, after the trust', async () => {
  await using place = await start();
  const answer = await ask(place, await place.issuer.createToken(), { DurationSeconds: '7200' });
  expect(errorOf(answer)).toBe(
    '400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
});

test('the token shows in no event and no journal', async () => {
  await using place = await start();
  const token = await place.issuer.createToken();
  await ask(place, token);
  await ask(place, `${token}x`);
  const { aws, timeline } = place.world;
  expect(JSON.stringify([timeline.events(), aws.journal.entries()])).not.toContain(token.split('.')[2]);
  expect(timeline.events().filter(({ type }) => type === 'aws-answered')).toMatchObject([
    { service: 'sts', operation: 'AssumeRoleWithWebIdentity', status: 200 },
    { status: 400, code: 'InvalidIdentityToken' },
  ]);
});

test('garbage for a token is answered, whatever it is', async () => {
  await using place = await start();
  const part = fc.oneof(
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  );
  const token = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      expect((await ask(place, text)).status).toBe(400);
    }),
    { numRuns: 8 },
  );
});

test('garbage for keys is answered, whatever it is', async () => {
  await using place = await start();
  const token = await place.issuer.createToken();
  const key = fc.record(
    {
      kty: fc.constantFrom('EC', 'RSA', 'oct'),
      kid: fc.constant('key-1'),
      crv: fc.constantFrom('P-256', 'x'),
      x: fc.string(),
      y: fc.string(),
      n: fc.string(),
      e: fc.string(),
    },
    { requiredKeys: ['kty'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 3 }), async (keys) => {
      place.world.aws.sts.giveIssuerKeys(ISSUER, keys);
      expect([NO_KEY, NOT_VALID]).toContain(errorOf(await ask(place, token)));
    }),
    { numRuns: 25 },
  );
});
