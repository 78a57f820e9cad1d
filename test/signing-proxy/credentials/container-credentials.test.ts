import { afterEach, expect, test } from 'vitest';
import { envoy125 } from '#signing-proxy/dialects/envoy-1.25.ts';
import { envoy128 } from '#signing-proxy/dialects/envoy-1.28.ts';
import { envoy130 } from '#signing-proxy/dialects/envoy-1.30.ts';
import { envoy134 } from '#signing-proxy/dialects/envoy-1.34.ts';
import {
  createCredentialWorld,
  serve,
  type CredentialWorld,
  type CredentialWorldOptions,
} from '../support/credential-world.ts';

const CLUSTER = 'ecs_task_metadata_server_internal';
const ECS = { host: '169.254.170.2', port: 80 };
const TASK = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/task' };
const POD_IDENTITY = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/token',
};
const worlds: CredentialWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

function createWorld(options: CredentialWorldOptions) {
  const world = createCredentialWorld(options);
  worlds.push(world);
  return world;
}

function createDocument(clock: { now(): number }, lifeMs: number, id = 'ASIATASK'): string {
  return JSON.stringify({
    RoleArn: 'arn:aws:iam::123456789012:role/task',
    AccessKeyId: id,
    SecretAccessKey: 'task-secret',
    Token: 'task-token',
    Expiration: new Date(clock.now() + lifeMs).toISOString().replace('.000Z', 'Z'),
  });
}

async function countFetches(dialect: typeof envoy125): Promise<number> {
  const { clock, network, find } = createWorld({ dialect, environment: TASK });
  const asked = await serve(network, ECS, (_, response) => response.end(createDocument(clock, 3_600_000)));
  const chain = find();
  for (let request = 0; request < 10; request++)
    expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'ASIATASK' });
  return asked.length;
}

test('B23: every request fetches until 1.28, because no expiry can be read', async () => {
  expect(await countFetches(envoy125)).toBe(10);
  expect(await countFetches(envoy128)).toBe(1);
});

test('fetches again when less than 5 s of life are left', async () => {
  const { clock, network, find } = createWorld({ dialect: envoy128, environment: TASK });
  const asked = await serve(network, ECS, (_, response) => response.end(createDocument(clock, 60_000)));
  const chain = find();
  await chain.getCredentials();
  await clock.sleep(55_000);
  await chain.getCredentials();
  expect(asked).toHaveLength(1);
  await clock.sleep(1);
  await chain.getCredentials();
  expect(asked).toEqual(['GET /v2/credentials/task', 'GET /v2/credentials/task']);
});

test('stands in for instance metadata', async () => {
  const { find, aws, clock } = createWorld({ dialect: envoy128, environment: TASK });
  const startedAt = clock.now();
  expect(await find().getCredentials()).toBeUndefined();
  expect(clock.now() - startedAt).toBe(24_000);
  expect(aws()).toContain('Could not load AWS credentials document from the task role');
  expect(aws().join('\n')).not.toContain('EC2MetadataService');
});

test('shows the token of the file as it is at each fetch, from 1.30 on', async () => {
  const { clock, network, files, find, aws } = createWorld({
    dialect: envoy130,
    environment: POD_IDENTITY,
    files: { '/var/run/token': 'first\n' },
  });
  const shown: (string | undefined)[] = [];
  await serve(network, { host: '169.254.170.23', port: 80 }, (request, response) => {
    shown.push(request.headers.authorization);
    response.end(createDocument(clock, 6_000));
  });
  const chain = find();
  await chain.getCredentials();
  files.write('/var/run/token', 'second');
  await clock.sleep(2_000);
  await chain.getCredentials();
  expect(shown).toEqual(['first', 'second']);
  expect(aws()).toContain(
    'Getting AWS credentials from the container role at URI: http://169.254.170.23/v1/credentials',
  );
});

test('is fetched in the background through a cluster of its own, from 1.33 on', async () => {
  const world = createWorld({ dialect: envoy134, environment: { ...TASK, AWS_EC2_METADATA_DISABLED: 'true' } });
  const { clock, network, find, clusters, stat } = world;
  const asked = await serve(network, ECS, (_, response) =>
    response.end(createDocument(clock, 600_000, `ASIA${asked.length}`)),
  );
  const chain = find();
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'ASIA1' });
  expect(clusters.find(CLUSTER)).toBeDefined();
  await clock.sleep(600_000);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'ASIA2' });
  expect(stat('credential_refreshes_succeeded', CLUSTER)).toBe(2);
  expect(world.told()).not.toMatch(/task-secret|task-token/);
});

const testGarbage = (name: string, body: string) =>
  test(`refuses ${name} without showing it`, async () => {
    const world = createWorld({ dialect: envoy128, environment: TASK });
    await serve(world.network, ECS, (_, response) => response.end(body));
    expect(await world.find().getCredentials()).toBeUndefined();
    expect(world.aws().join('\n')).toContain('Could not parse AWS credentials document from the task role: ');
    expect(world.told()).not.toContain('hush');
  });

testGarbage('HTML', '<html>hush</html>');
testGarbage('broken JSON', '{"SecretAccessKey":"hush"');
testGarbage('a list', '["hush"]');
testGarbage('null', 'null');

test('leaves out an endpoint that is no URI, and says so', async () => {
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: '::', AWS_EC2_METADATA_DISABLED: 'true' };
  const { find, aws } = createWorld({ dialect: envoy130, environment });
  expect(await find().getCredentials()).toBeUndefined();
  expect(aws()).toContain('AWS_CONTAINER_CREDENTIALS_FULL_URI is no URI, container credentials are left out');
});
