import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';
import { ISSUER, startTokenIssuer, type TokenOptions } from '../support/token-issuer.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const AGENT = '169.254.170.23';

const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: service }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
});

const get = (world: MockAwsWorld, path: string, options: { token?: string; host?: string } = {}) => {
  const headers: Record<string, string> = options.token === undefined ? {} : { authorization: options.token };
  return world.send({ method: 'GET', path, headers, key: null, address: AGENT, host: options.host ?? AGENT });
};

async function startTask(): Promise<{ world: MockAwsWorld; path: string }> {
  const world = await startMockAwsWorld({ now: START });
  world.aws.iam.roles.createRole({ roleName: 'task', trustPolicy: trust('ecs-tasks.amazonaws.com') });
  return { world, path: world.aws.container.addTask('task', { lifetimeMs: 3_600_000 }) };
}

test('a task asks by its path and gets what ECS writes', async () => {
  const { world, path } = await startTask();
  await using _ = world;
  const { status, headers, body } = await get(world, path, { host: '169.254.170.2' });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body)).toEqual({
    RoleArn: 'arn:aws:iam::123456789012:role/task',
    AccessKeyId: expect.stringMatching(/^ASIA/) as string,
    SecretAccessKey: expect.any(String) as string,
    Token: expect.any(String) as string,
    Expiration: '2026-01-01T01:00:00Z',
  });
});

test('an unknown task is told so in JSON', async () => {
  const { world } = await startTask();
  await using _ = world;
  const { status, body } = await get(world, '/v2/credentials/unknown');
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({ code: 'InvalidIdInRequest' });
  expect(JSON.parse((await get(world, '/v2/credentials/')).body)).toMatchObject({ code: 'NoIdInRequest' });
});

test('a role that does not trust ECS gives nothing', async () => {
  const { world, path } = await startTask();
  await using _ = world;
  world.aws.iam.roles.updateTrustPolicy('task', trust('ec2.amazonaws.com'));
  expect((await get(world, path)).status).toBe(503);
});

const POD_IDENTITY = '/v1/credentials';

async function startPods() {
  const world = await startMockAwsWorld({ now: START });
  const issuer = await startTokenIssuer(world);
  world.aws.iam.roles.createRole({ roleName: 'pod', trustPolicy: trust('pods.eks.amazonaws.com') });
  world.aws.container.associate({ issuer: ISSUER, namespace: 'gateways', serviceAccount: 'envoy', role: 'pod' });
  const createToken = (options: TokenOptions = {}) =>
    issuer.createToken({ ...options, claims: { aud: 'pods.eks.amazonaws.com', ...options.claims } });
  return { world, createToken };
}

test('a pod with a token of its service account gets credentials', async () => {
  const { world, createToken } = await startPods();
  await using _ = world;
  const { status, body } = await get(world, POD_IDENTITY, { token: await createToken() });
  expect(status).toBe(200);
  expect(Object.keys(JSON.parse(body) as object)).toEqual([
    'AccessKeyId',
    'SecretAccessKey',
    'Token',
    'AccountId',
    'Expiration',
  ]);
});

const testRefused = (name: string, options: TokenOptions, expected: RegExp) =>
  test(name, async () => {
    const { world, createToken } = await startPods();
    await using _ = world;
    const { status, body } = await get(world, POD_IDENTITY, { token: await createToken(options) });
    expect(`${status} ${body}`).toMatch(expected);
  });

testRefused(
  'a token for STS is none for the agent',
  { claims: { aud: 'sts.amazonaws.com' } },
  /^400 \[[\w-]{36}\]: \(InvalidTokenException\): .*, fault: client$/,
);
testRefused(
  'a token of an account without association is refused',
  { claims: { sub: 'system:serviceaccount:gateways:other' } },
  /^404 .*ResourceNotFoundException/,
);
testRefused('a token of an unknown key is refused', { keyId: 'key-2' }, /^400 .*InvalidTokenException/);
testRefused('an expired token is refused', { lifeSeconds: 0 }, /^400 .*ExpiredTokenException/);

test('a request without a token, or with something else, is told what is wrong', async () => {
  const { world } = await startPods();
  await using _ = world;
  expect((await get(world, POD_IDENTITY)).body).toBe('Service account token cannot be empty');
  expect((await get(world, POD_IDENTITY, { token: 'Bearer x' })).body).toMatch(
    /^Service account token cannot be parsed: /,
  );
});

test('the agent answers on its own addresses only', async () => {
  const { world } = await startPods();
  await using _ = world;
  const { status, body } = await get(world, POD_IDENTITY, { host: 'agent.example' });
  expect(status).toBe(403);
  expect(body).toBe(
    'Access Denied. Called agent through invalid address, please use either [169.254.170.23 fd00:ec2::23] address not agent.example',
  );
});

test('failures concern the requests they name', async () => {
  const { world, path } = await startTask();
  await using _ = world;
  world.aws.container.fail({ kind: 'status', status: 500 }, { times: 2 });
  const statuses = [];
  for (let call = 0; call < 3; call++) statuses.push((await get(world, path)).status);
  expect(statuses).toEqual([500, 500, 200]);
});
