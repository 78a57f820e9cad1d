import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld, type RawAnswer } from '#test/support/mock-aws-world.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const ROLES = '/latest/meta-data/iam/security-credentials/';
const TRUST = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
};

async function start(): Promise<MockAwsWorld> {
  const world = await startMockAwsWorld({ now: START });
  world.aws.iam.roles.createRole({ roleName: 'node', trustPolicy: TRUST });
  world.aws.metadata.configure({ role: 'node' });
  return world;
}

const send = (
  world: MockAwsWorld,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> =>
  world.send({ method, path, headers, key: null, address: '169.254.169.254', host: '169.254.169.254' });

const get = (world: MockAwsWorld, path: string, headers: Record<string, string> = {}) =>
  send(world, 'GET', path, headers);

const getToken = (world: MockAwsWorld, ttl: string, headers: Record<string, string> = {}) =>
  send(world, 'PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': ttl, ...headers });

interface CredentialDocument {
  readonly Code: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

const getCredentials = async (world: MockAwsWorld) =>
  JSON.parse((await get(world, `${ROLES}node`)).body) as CredentialDocument;

test('the role is listed with and without a slash at the end', async () => {
  await using world = await start();
  expect((await get(world, ROLES)).body).toBe('node');
  expect((await get(world, ROLES.slice(0, -1))).body).toBe('node');
});

test('an instance without a role has nothing to list', async () => {
  await using world = await start();
  world.aws.metadata.configure({ role: undefined });
  expect((await get(world, ROLES)).status).toBe(404);
});

test('the document is the one EC2 writes', async () => {
  await using world = await start();
  const { body, headers } = await get(world, `${ROLES}node`);
  expect(headers).toMatchObject({ server: 'EC2ws', 'content-type': 'text/plain' });
  const { AccessKeyId: id, SecretAccessKey: secret, Token: token } = JSON.parse(body) as CredentialDocument;
  expect(body).toBe(`{
  "Code" : "Success",
  "LastUpdated" : "2026-01-01T00:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "${id}",
  "SecretAccessKey" : "${secret}",
  "Token" : "${token}",
  "Expiration" : "2026-01-01T06:00:00Z"
}`);
});

test('its credentials sign requests, as a session of the role', async () => {
  await using world = await start();
  const { AccessKeyId, SecretAccessKey, Token } = await getCredentials(world);
  const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  const { body } = await world.send({
    service: 'sts',
    method: 'GET',
    path: '/?Action=GetCallerIdentity&Version=2011-06-15',
    key,
  });
  expect(body).toMatch(/<Arn>arn:aws:sts::123456789012:assumed-role\/node\/i-0[0-9a-f]{16}<\/Arn>/);
});

test('credentials stay the same until five minutes before they end', async () => {
  await using world = await start();
  world.aws.metadata.configure({ lifetimeMs: 3_600_000 });
  const first = await getCredentials(world);
  await world.clock.sleep(54 * 60_000);
  expect(await getCredentials(world)).toEqual(first);
  await world.clock.sleep(60_000);
  const next = await getCredentials(world);
  expect(next.AccessKeyId).not.toBe(first.AccessKeyId);
  expect(next.Expiration).toBe('2026-01-01T01:55:00Z');
});

test('new credentials are there at once when they are rotated', async () => {
  await using world = await start();
  const first = await getCredentials(world);
  world.aws.metadata.rotate();
  expect((await getCredentials(world)).AccessKeyId).not.toBe(first.AccessKeyId);
});

test('a role that does not trust EC2 gives no credentials', async () => {
  await using world = await start();
  world.aws.iam.roles.updateTrustPolicy('node', JSON.stringify(TRUST).replace('ec2', 'ecs-tasks'));
  expect((await getCredentials(world)).Code).toBe('AssumeRoleUnauthorizedAccess');
});

test('version 2 asks for a token, and the token lives as long as it was asked for', async () => {
  await using world = await start();
  world.aws.metadata.configure({ tokens: 'required' });
  const refused = await get(world, ROLES);
  expect(refused.status).toBe(401);
  expect(refused.headers['content-type']).toBe('text/html');
  expect(refused.body).toContain('<title>401 - Unauthorized</title>');
  const { body: token, headers } = await getToken(world, '60');
  expect(headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('60');
  expect((await get(world, ROLES, { 'x-aws-ec2-metadata-token': token })).body).toBe('node');
  await world.clock.sleep(60_000);
  expect((await get(world, ROLES, { 'x-aws-ec2-metadata-token': token })).status).toBe(401);
});

test('a wrong token is refused even where none is needed', async () => {
  await using world = await start();
  expect((await get(world, ROLES, { 'x-aws-ec2-metadata-token': 'wrong' })).status).toBe(401);
});

const testToken = (name: string, ttl: string, status: number, headers: Record<string, string> = {}) =>
  test(name, async () => {
    await using world = await start();
    expect((await getToken(world, ttl, headers)).status).toBe(status);
  });

testToken('six hours are the longest life of a token', '21600', 200);
testToken('a token of more than six hours is refused', '21601', 400);
testToken('a token of no time is refused', '0', 400);
testToken('a life that is no number is refused', 'long', 400);
testToken('a forwarded request gets no token', '60', 403, { 'x-forwarded-for': '10.0.0.1' });

test('a service that is switched off forbids everything', async () => {
  await using world = await start();
  world.aws.metadata.configure({ isEnabled: false });
  expect((await get(world, ROLES)).status).toBe(403);
  expect((await getToken(world, '60')).status).toBe(403);
});

test('slow answers come late, once the second request is due', async () => {
  await using world = await start();
  world.aws.metadata.fail({ kind: 'slow', delayMs: 5000 }, { after: 1, times: 1 });
  const times: number[] = [];
  for (let call = 0; call < 3; call++) {
    await get(world, ROLES);
    times.push(world.clock.now() - START);
  }
  expect(times).toEqual([0, 5000, 5000]);
});

test('failures of one path leave the others alone, and end when they are disposed', async () => {
  await using world = await start();
  {
    using _ = world.aws.metadata.fail({ kind: 'status', status: 500 }, { request: /^PUT / });
    expect((await getToken(world, '60')).status).toBe(500);
    expect((await get(world, ROLES)).status).toBe(200);
  }
  expect((await getToken(world, '60')).status).toBe(200);
});

test('a document that is cut off is no JSON', async () => {
  await using world = await start();
  world.aws.metadata.fail({ kind: 'malformed' });
  const { status, body } = await get(world, `${ROLES}node`);
  expect(status).toBe(200);
  expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
});

test('credentials can be over when they come', async () => {
  await using world = await start();
  world.aws.metadata.fail({ kind: 'expired' });
  expect((await getCredentials(world)).Expiration).toBe('2025-12-31T23:59:00Z');
});

test('a connection can be reset, or hear nothing for ever', async () => {
  await using world = await start();
  using _ = world.aws.metadata.fail({ kind: 'silent' });
  const waiting = get(world, ROLES);
  const outcome = await Promise.race([
    waiting.catch(() => 'failed'),
    world.clock.sleep(3_600_000).then(() => 'silent'),
  ]);
  expect(outcome).toBe('silent');
  world.aws.metadata.fail({ kind: 'reset' });
  await expect(get(world, ROLES)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('each answer is an event, and no event holds a secret', async () => {
  await using world = await start();
  const { SecretAccessKey: secret, Token: token } = await getCredentials(world);
  const { body: metadataToken } = await getToken(world, '60');
  const events = world.timeline.events();
  expect(events.filter(({ type }) => type === 'aws-answered')).toMatchObject([
    { service: 'metadata', operation: 'GetCredentials', status: 200 },
    { service: 'metadata', operation: 'GetToken', status: 200 },
  ]);
  for (const hidden of [secret, token, metadataToken]) expect(JSON.stringify(events)).not.toContain(hidden);
});

test('no target crashes the service', async () => {
  await using world = await start();
  const path = fc.stringMatching(/^\/[!-~]{0,40}$/);
  await fc.assert(
    fc.asyncProperty(path, fc.constantFrom('GET', 'PUT', 'POST', 'HEAD'), async (target, method) => {
      expect((await send(world, method, target)).status).toBeGreaterThanOrEqual(200);
    }),
    { numRuns: 20 },
  );
});
