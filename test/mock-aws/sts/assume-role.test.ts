import { AssumeRoleCommand, GetSessionTokenCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import type { RoleSessionKey } from '#mock-aws/iam/iam-store.ts';
import type { PolicyDocument } from '#mock-aws/iam/role-store.ts';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';

const ACCOUNT = '123456789012';
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/gateway`;
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/caller`;

const trust = (principal: object | string, condition: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', Condition: condition }],
});

const allow = (action: string, resource = '*') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
});

async function assume({ sts }: MockAwsWorld, input: Partial<AssumeRoleCommandInput> = {}): Promise<string> {
  try {
    const answer = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE_ARN, RoleSessionName: 'envoy', ...input }));
    return answer.AssumedRoleUser?.Arn ?? '';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/caller/envoy`;
const DENIED = `AccessDenied: User: ${USER_ARN} is not authorized to perform: sts:AssumeRole on resource: ${ROLE_ARN}`;

const testAssume = (name: string, principal: object, expected: string, input: Partial<AssumeRoleCommandInput> = {}) =>
  test(name, async () => {
    await using world = await startMockAwsWorld();
    world.aws.iam.roles.createRole({ roleName: 'caller', trustPolicy: trust(principal) });
    expect(await assume(world, input)).toBe(expected);
  });

testAssume('a user that the role names becomes its session', { AWS: USER_ARN }, SESSION_ARN);
testAssume('a role that trusts the account trusts its users', { AWS: `arn:aws:iam::${ACCOUNT}:root` }, SESSION_ARN);
testAssume('a role that trusts another user refuses', { AWS: `${USER_ARN}s` }, DENIED);
testAssume('a role that is not there refuses in the same words', { AWS: USER_ARN }, DENIED.replace(/$/, 's'), {
  RoleArn: `${ROLE_ARN}s`,
});
testAssume(
  'a session name has no colon',
  { AWS: USER_ARN },
  String.raw`ValidationError: 1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
  { RoleSessionName: 'Session1:2' },
);
testAssume(
  'several faults are told together',
  { AWS: USER_ARN },
  "ValidationError: 2 validation errors detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  { RoleSessionName: 'x', DurationSeconds: 60 },
);
testAssume('an ARN of a user is no role', { AWS: USER_ARN }, `ValidationError: ${USER_ARN} is invalid`, {
  RoleArn: USER_ARN,
});
testAssume(
  'a session lasts no longer than the role allows',
  { AWS: USER_ARN },
  'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  { DurationSeconds: 7200 },
);
testAssume(
  'a session policy is read before it is used',
  { AWS: USER_ARN },
  'MalformedPolicyDocumentException: Syntax errors in policy.',
  { Policy: '{"Version":"2012-10-17",}' },
);
testAssume(
  'tag keys are unique without regard to case',
  { AWS: USER_ARN },
  'InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  {
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'A', Value: '2' },
    ],
  },
);

test('a policy that does not pack well is too large', async () => {
  await using world = await startMockAwsWorld();
  world.aws.iam.roles.createRole({ roleName: 'caller', trustPolicy: trust({ AWS: USER_ARN }) });
  const name = createRandom('packed').bytes(1300).toString('base64url');
  const policy = JSON.stringify(allow('lambda:*', `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`));
  expect(await assume(world, { Policy: policy })).toMatch(
    /^PackedPolicyTooLargeException: Packed policy consumes \d{3}% of allotted space, please use smaller policy\.$/,
  );
});

test('an external id opens the role that asks for it', async () => {
  await using world = await startMockAwsWorld();
  const condition = { StringEquals: { 'sts:ExternalId': 'secret-handshake' } };
  world.aws.iam.roles.createRole({ roleName: 'caller', trustPolicy: trust({ AWS: USER_ARN }, condition) });
  expect(await assume(world)).toBe(DENIED);
  expect(await assume(world, { ExternalId: 'secret-handshake' })).toBe(SESSION_ARN);
});

test('root assumes no role', async () => {
  await using world = await startMockAwsWorld();
  world.aws.iam.roles.createRole({ roleName: 'caller', trustPolicy: trust('*') });
  const key = world.aws.iam.createAccessKey(undefined, { isSettled: true });
  const path = `/?Action=AssumeRole&Version=2011-06-15&RoleSessionName=envoy&RoleArn=${encodeURIComponent(ROLE_ARN)}`;
  const { body, status } = await world.send({ service: 'sts', method: 'GET', path, key });
  expect(status).toBe(403);
  expect(body).toContain('<Message>Roles may not be assumed by root accounts.</Message>');
});

const WHO = '/?Action=GetCallerIdentity&Version=2011-06-15';
const CHAIN = `/?Action=AssumeRole&Version=2011-06-15&RoleSessionName=second&RoleArn=${encodeURIComponent(ROLE_ARN)}`;

/** A session of the role `first`, and the role `caller` that trusts it. */
function startChain({ aws }: MockAwsWorld, policies: Record<string, PolicyDocument> = {}): RoleSessionKey {
  const first = aws.iam.roles.createRole({ roleName: 'first', trustPolicy: trust('*'), policies });
  aws.iam.roles.createRole({ roleName: 'caller', trustPolicy: trust({ AWS: first.arn }), maxSessionSeconds: 43_200 });
  return aws.iam.createRoleSession({ role: first, sessionName: 'one', lifetimeMs: 3_600_000 });
}

test('a session assumes the next role, for an hour at most', async () => {
  await using world = await startMockAwsWorld();
  const key = startChain(world);
  expect((await world.send({ service: 'sts', method: 'GET', path: CHAIN, key })).status).toBe(200);
  const { status, body } = await world.send({
    service: 'sts',
    method: 'GET',
    path: `${CHAIN}&DurationSeconds=3601`,
    key,
  });
  expect(status).toBe(400);
  expect(body).toContain(
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  );
});

test('a role that trusts the account needs the session to be allowed by its own policies', async () => {
  await using world = await startMockAwsWorld();
  const key = startChain(world);
  world.aws.iam.roles.updateTrustPolicy('caller', trust({ AWS: ACCOUNT }));
  expect((await world.send({ service: 'sts', method: 'GET', path: CHAIN, key })).status).toBe(403);
  world.aws.iam.roles.putPolicy('first', 'chain', allow('sts:AssumeRole', ROLE_ARN));
  expect((await world.send({ service: 'sts', method: 'GET', path: CHAIN, key })).status).toBe(200);
});

test('a regional endpoint wants its own region, and newer STS does not repeat the wrong one', async () => {
  await using world = await startMockAwsWorld();
  const host = 'sts.eu-west-1.amazonaws.com';
  const { status, body } = await world.send({ service: 'sts', method: 'GET', path: WHO, host });
  expect(status).toBe(403);
  expect(body).toContain('<Message>Credential should be scoped to a valid region. </Message>');
});

test('a session token is issued to a user, and not to a session', async () => {
  await using world = await startMockAwsWorld();
  const { Credentials: credentials } = await world.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
  const key = {
    accessKeyId: credentials?.AccessKeyId ?? '',
    secretAccessKey: credentials?.SecretAccessKey ?? '',
    sessionToken: credentials?.SessionToken ?? '',
  };
  expect((await world.send({ service: 'sts', method: 'GET', path: WHO, key })).body).toContain(USER_ARN);
  const path = '/?Action=GetSessionToken&Version=2011-06-15';
  const refused = await world.send({ service: 'sts', method: 'GET', path, key: startChain(world) });
  expect(refused.body).toContain('Cannot call GetSessionToken with session credentials');
});
