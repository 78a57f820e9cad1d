import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createAuthority } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { createMockAws, LINK_LOCAL_ADDRESSES } from '#mock-aws/server.ts';
import { envoy134 } from '#signing-proxy/dialects/envoy-1.34.ts';
import { envoy140 } from '#signing-proxy/dialects/envoy-1.40.ts';
import { AssumeRoleCredentialProviderSchema, AwsCredentialProviderSchema } from '#xds/generated/messages.js';
import { createCredentialWorld, STS_HOST, type CredentialWorldOptions } from '../support/credential-world.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
};

const trust = (Principal: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
});

/** The sources of a proxy in a network with the mock: the user `gateway`, the role `inner` it may assume, the role of the machine. */
async function createWorld(options: CredentialWorldOptions) {
  const world = createCredentialWorld(options);
  const { clock, network, context } = world;
  const authority = await createAuthority({ commonName: 'Amazon', random: createRandom('amazon') });
  const identity = await authority.issue({ dnsNames: [STS_HOST], usage: 'server' });
  const aws = createMockAws({ clock, random: createRandom('aws'), timeline: context.timeline, identity });
  const policies = {
    assume: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] },
  };
  aws.iam.createUser('gateway');
  aws.iam.createAccessKey('gateway', { credentials: KEY, isSettled: true });
  aws.iam.roles.createRole({ roleName: 'inner', trustPolicy: trust({ AWS: '*' }) });
  aws.iam.roles.createRole({ roleName: 'machine', trustPolicy: trust({ Service: 'ec2.amazonaws.com' }), policies });
  aws.iam.roles.createRole({ roleName: 'task', trustPolicy: trust({ Service: 'ecs-tasks.amazonaws.com' }) });
  aws.metadata.configure({ role: 'machine' });
  await network.listen('east', { host: '52.94.236.12', port: 443 }, (connection) =>
    aws.accept('sts', connection, { tls: true }),
  );
  network.addName('east', STS_HOST, ['52.94.236.12']);
  for (const endpoint of ['metadata', 'container'] as const)
    for (const host of LINK_LOCAL_ADDRESSES[endpoint])
      await network.listen('east', { host, port: 80 }, (connection) => aws.accept(endpoint, connection));
  return {
    ...world,
    mock: aws,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}

const role = {
  provider: create(AwsCredentialProviderSchema, {
    customCredentialProviderChain: true,
    assumeRoleCredentialProvider: { roleArn: 'arn:aws:iam::123456789012:role/inner', roleSessionName: 'gateway' },
  }),
};

test('the mock accepts the signed question for a role', async () => {
  await using world = await createWorld({ dialect: envoy134, environment: ENVIRONMENT });
  const credentials = await world.find(role).getCredentials();
  expect(credentials?.accessKeyId).toMatch(/^ASIA/);
  expect(world.mock.iam.findAccessKey(credentials?.accessKeyId ?? '')?.principal.arn).toBe(
    'arn:aws:sts::123456789012:assumed-role/inner/gateway',
  );
  expect(world.told()).not.toContain(credentials?.secretAccessKey);
});

test('a machine asks for a role with the keys of its metadata, session token and all', async () => {
  await using world = await createWorld({ dialect: envoy140 });
  const credentials = await world.find(role).getCredentials();
  expect(world.mock.iam.findAccessKey(credentials?.accessKeyId ?? '')?.principal.arn).toMatch(/assumed-role\/inner/);
});

test('a task gets the keys of its role, and their expiry', async () => {
  const environment: Record<string, string> = {};
  await using world = await createWorld({ dialect: envoy134, environment });
  environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] = world.mock.container.addTask('task');
  const credentials = await world.find().getCredentials();
  expect(world.mock.iam.findAccessKey(credentials?.accessKeyId ?? '')?.principal.arn).toMatch(/assumed-role\/task/);
  expect(world.events()).toContainEqual(
    expect.objectContaining({ provider: 'container', outcome: 'found', expiresAt: expect.any(Number) as number }),
  );
});

test('a refusal of STS shows in the log alone', async () => {
  await using world = await createWorld({ dialect: envoy134, environment: ENVIRONMENT });
  const provider = create(AwsCredentialProviderSchema, role.provider);
  provider.assumeRoleCredentialProvider = create(AssumeRoleCredentialProviderSchema, {
    roleArn: 'arn:aws:iam::123456789012:role/missing',
    roleSessionName: 'gateway',
  });
  expect(await world.find({ provider }).getCredentials()).toBeUndefined();
  const line = world.aws().find((text) => text.includes('response status code 403'));
  expect(line).toContain('is not authorized to perform: sts:AssumeRole');
  expect(world.aws()).toContain('AWS STS AssumeRole fetch failure: Network');
});
