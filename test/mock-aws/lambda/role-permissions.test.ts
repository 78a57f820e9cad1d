import { expect, test } from 'vitest';
import { eventsOfType } from '#core/timeline.ts';
import type { PolicyDocument } from '#mock-aws/iam/role-store.ts';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:cat';
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gateway/envoy';
const TRUST = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
};

const allow = (resource: string, effect = 'Allow'): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: effect, Action: 'lambda:InvokeFunction', Resource: resource }],
});

function createSession(world: MockAwsWorld, policies: Record<string, PolicyDocument>, lifetimeMs = 3_600_000) {
  world.aws.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  const role = world.aws.iam.roles.createRole({ roleName: 'gateway', trustPolicy: TRUST, policies });
  return world.aws.iam.createRoleSession({ role, sessionName: 'envoy', lifetimeMs });
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

async function invoke(world: MockAwsWorld, key: Credentials, name = 'cat'): Promise<string> {
  const { status, headers, body } = await world.send({ path: `/2015-03-31/functions/${name}/invocations`, key });
  return `${status} ${String(headers['x-amzn-errortype'] ?? '')} ${body}`;
}

const denied = (reason: string, resource = FUNCTION) =>
  `403 AccessDeniedException {"Message":"User: ${SESSION} is not authorized to perform: lambda:InvokeFunction on resource: ${resource} ${reason}"}`;
const NOT_ALLOWED = 'because no identity-based policy allows the lambda:InvokeFunction action';

test('a role may invoke what its policy names', async () => {
  await using world = await startMockAwsWorld();
  expect(await invoke(world, createSession(world, { invoke: allow(FUNCTION) }))).toBe('200  "meow"');
});

test('a role without policies may do nothing', async () => {
  await using world = await startMockAwsWorld();
  expect(await invoke(world, createSession(world, {}))).toBe(denied(NOT_ALLOWED));
});

test('a denied caller does not learn whether a function exists', async () => {
  await using world = await startMockAwsWorld();
  const resource = FUNCTION.replace('cat', 'dog');
  expect(await invoke(world, createSession(world, {}), 'dog')).toBe(denied(NOT_ALLOWED, resource));
});

test('an attached policy counts, and a deny beside it wins', async () => {
  await using world = await startMockAwsWorld();
  const key = createSession(world, {});
  const { roles } = world.aws.iam;
  roles.attachPolicy('gateway', 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole');
  expect(await invoke(world, key)).toBe('200  "meow"');
  roles.putPolicy('gateway', 'stop', allow('*', 'Deny'));
  expect(await invoke(world, key)).toBe(denied('with an explicit deny in an identity-based policy'));
});

test('revoking refuses the sessions of before, not those of after', async () => {
  await using world = await startMockAwsWorld();
  const key = createSession(world, { invoke: allow('*') });
  await world.clock.sleep(1000);
  const { roles } = world.aws.iam;
  roles.revokeSessions('gateway');
  expect(await invoke(world, key)).toBe(denied('with an explicit deny in an identity-based policy'));
  const role = roles.getRole('gateway');
  const later = world.aws.iam.createRoleSession({ role, sessionName: 'envoy', lifetimeMs: 60_000 });
  expect(await invoke(world, later)).toBe('200  "meow"');
});

test('a role that was deleted allows nothing any more', async () => {
  await using world = await startMockAwsWorld();
  const key = createSession(world, {});
  world.aws.iam.roles.deleteRole('gateway');
  expect(await invoke(world, key)).toBe(denied(NOT_ALLOWED));
});

test('a session key without its token, with another one, and after its end is refused, and the ledger says whose it was', async () => {
  await using world = await startMockAwsWorld();
  const key = createSession(world, { invoke: allow('*') }, 60_000);
  const { accessKeyId, secretAccessKey } = key;
  expect(await invoke(world, { accessKeyId, secretAccessKey })).toBe(
    '403 UnrecognizedClientException {"message":"The security token included in the request is invalid."}',
  );
  expect(await invoke(world, { ...key, sessionToken: 'another' })).toBe(
    '403 UnrecognizedClientException {"message":"The security token included in the request is invalid"}',
  );
  await world.clock.sleep(60_000);
  expect(await invoke(world, key)).toBe(
    '403 ExpiredTokenException {"message":"The security token included in the request is expired"}',
  );
  const verdicts = eventsOfType(world.timeline.events(), 'verdict');
  expect(verdicts.map(({ failure, accessKeyId: id, principal }) => ({ failure, id, principal }))).toEqual(
    ['token-missing', 'token-invalid', 'token-expired'].map((failure) => ({
      failure,
      id: accessKeyId,
      principal: SESSION,
    })),
  );
  expect(verdicts[2]?.message).toBe('The security token included in the request is expired');
  expect(JSON.stringify(world.timeline.events())).not.toContain(key.sessionToken);
});
