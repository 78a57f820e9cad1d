import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterEach, expect, test } from 'vitest';
import { METADATA_ADDRESS, ROLES_PATH } from '#signing-proxy/credentials/instance-metadata.ts';
import { envoy130 } from '#signing-proxy/dialects/envoy-1.30.ts';
import { envoy134 } from '#signing-proxy/dialects/envoy-1.34.ts';
import { envoy140 } from '#signing-proxy/dialects/envoy-1.40.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { AwsCredentialProviderSchema } from '#xds/generated/messages.js';
import {
  askNow,
  ASYNC_CLIENT,
  createCredentialWorld,
  createGrant,
  serve,
  serveSts,
  type CredentialWorld,
  type CredentialWorldOptions,
} from '../support/credential-world.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'hidden-secret' };
const NO_METADATA = { AWS_EC2_METADATA_DISABLED: 'true' };
const ROLE = { roleArn: 'arn:aws:iam::123456789012:role/inner', roleSessionName: 'me' };
const IMDS_CLUSTER = 'ec2_instance_metadata_server_internal';
const worlds: CredentialWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

function createWorld(options: CredentialWorldOptions) {
  const world = createCredentialWorld({ dialect: envoy134, ...options });
  worlds.push(world);
  return world;
}

const configure = (config: MessageInitShape<typeof AwsCredentialProviderSchema>) => ({
  provider: create(AwsCredentialProviderSchema, config),
});

async function serveInstance({ network }: CredentialWorld, ids: readonly string[] = ['ASIAROLE'], latencyMs = 0) {
  let question = 0;
  return await serve(network, METADATA_ADDRESS, (request, response) => {
    const answer = () => {
      if (request.method === 'PUT') return 'a-token';
      if (request.url === ROLES_PATH) return 'my-role\n';
      const id = ids[Math.min(question++, ids.length - 1)];
      return JSON.stringify({ AccessKeyId: id, SecretAccessKey: 'role-secret', Token: 'role-token' });
    };
    void worlds
      .at(-1)
      ?.clock.sleep(latencyMs)
      .then(() => response.end(answer()));
  });
}

test('inline keys of the filter come before everything, from 1.31 on', async () => {
  const inline = { accessKeyId: 'AKIAINLINE', secretAccessKey: 's', sessionToken: '' };
  const later = createWorld({ environment: KEYS });
  expect(await later.find({ inline }).getCredentials()).toEqual(inline);
  const before = createWorld({ dialect: envoy130, environment: { ...KEYS, ...NO_METADATA } });
  expect(await before.find({ inline }).getCredentials()).toMatchObject({ accessKeyId: 'AKIAENV' });
});

test('the same request gets the same provider, another region another one', () => {
  const { find } = createWorld({ environment: { ...KEYS, ...NO_METADATA } });
  expect(find()).toBe(find());
  expect(find()).not.toBe(find({ region: 'eu-west-1' }));
});

test('keys of the environment are not kept waiting by a fetch behind them', async () => {
  const world = createWorld({ environment: KEYS });
  expect(await askNow(world.find(), world)).toMatchObject({ accessKeyId: 'AKIAENV' });
});

test('B22: a black hole in place of instance metadata costs the first requests 10 s, no longer 24', async () => {
  const world = createWorld({});
  const startedAt = world.clock.now();
  expect(await world.find().getCredentials()).toBeUndefined();
  expect(Math.floor((world.clock.now() - startedAt) / 1000)).toBe(10);
  expect(world.aws()).toEqual(
    expect.arrayContaining([
      'Token fetch failed so fall back to less secure way. Reason: Network',
      'AWS Instance metadata fetch failure: Network',
      'No AWS credentials found, using anonymous credentials',
    ]),
  );
});

test('B25: keys without an expiry are kept for 3600 hours in 1.29 and 1.30, for an hour later', async () => {
  const dialects: [Dialect, string][] = [
    [envoy130, 'ASIAFIRST'],
    [envoy134, 'ASIASECOND'],
  ];
  for (const [dialect, expected] of dialects) {
    const world = createWorld({ dialect, runtimeFlags: ASYNC_CLIENT });
    await serveInstance(world, ['ASIAFIRST', 'ASIASECOND', 'ASIATHIRD']);
    const chain = world.find();
    await world.clock.sleep(7_000_000);
    expect(await chain.getCredentials()).toMatchObject({ accessKeyId: expected });
    expect(world.stat('credential_refreshes_succeeded', IMDS_CLUSTER)).toBe(expected === 'ASIAFIRST' ? 1 : 2);
    expect(world.told()).not.toMatch(/role-secret|role-token/);
  }
});

test('asks the metadata service once for filters of all regions', async () => {
  const world = createWorld({});
  const asked = await serveInstance(world);
  await world.find().getCredentials();
  await world.find({ region: 'eu-west-1' }).getCredentials();
  expect(asked).toEqual(['PUT /latest/api/token', `GET ${ROLES_PATH}`, `GET ${ROLES_PATH}/my-role`]);
});

test('refuses IAM Roles Anywhere by its name', () => {
  const { find } = createWorld({});
  expect(() => find(configure({ iamRolesAnywhereCredentialProvider: {} }))).toThrow(
    /iam_roles_anywhere_credential_provider/,
  );
});

test('an inline credential is used alone', async () => {
  const { find } = createWorld({ environment: KEYS });
  const inlineCredential = { accessKeyId: 'AKIAINLINE', secretAccessKey: 's' };
  expect(await find(configure({ inlineCredential })).getCredentials()).toMatchObject({ accessKeyId: 'AKIAINLINE' });
});

test('a custom chain is exactly what it lists', async () => {
  const { find } = createWorld({
    environment: KEYS,
    files: { '/keys': '[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=s' },
  });
  const file = { credentialsDataSource: { specifier: { case: 'filename', value: '/keys' } } } as const;
  const chain = find(configure({ customCredentialProviderChain: true, credentialsFileProvider: file }));
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIAFILE' });
  const nothing = find(configure({ customCredentialProviderChain: true }));
  expect(await nothing.getCredentials()).toBeUndefined();
  const modified = find(configure({ credentialsFileProvider: file }));
  expect(await modified.getCredentials()).toMatchObject({ accessKeyId: 'AKIAENV' });
});

async function serveRole(world: CredentialWorld) {
  const shown: (string | undefined)[] = [];
  const asked = await serveSts(world.network, (request, response) => {
    shown.push(request.headers.authorization);
    response.end(createGrant('AssumeRole', 1, Math.floor(world.clock.now() / 1000) + 900).text);
  });
  return { shown, asked };
}

test('B74: a role to assume is dropped from the default chain without a word', async () => {
  const world = createWorld({ environment: { ...KEYS, ...NO_METADATA } });
  const { asked } = await serveRole(world);
  const role = { assumeRoleCredentialProvider: ROLE };
  expect(await world.find(configure(role)).getCredentials()).toMatchObject({ accessKeyId: 'AKIAENV' });
  const custom = world.find(configure({ ...role, customCredentialProviderChain: true }));
  expect(await custom.getCredentials()).toMatchObject({ accessKeyId: 'ASIAASSUMEROLE1' });
  expect(asked).toHaveLength(1);
});

test('asks for a role with a signed request', async () => {
  const world = createWorld({ environment: { ...KEYS, ...NO_METADATA } });
  const { asked, shown } = await serveRole(world);
  const chain = world.find(
    configure({
      customCredentialProviderChain: true,
      assumeRoleCredentialProvider: {
        ...ROLE,
        externalId: 'x 1',
        sessionDuration: { seconds: 1800n },
        credentialProvider: { customCredentialProviderChain: true, environmentCredentialProvider: {} },
      },
    }),
  );
  await chain.getCredentials();
  expect(asked).toEqual([
    '/?Version=2011-06-15&Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Finner&RoleSessionName=me&DurationSeconds=1800&ExternalId=x%201',
  ]);
  expect(shown[0]).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAENV\/20260101\/us-east-1\/sts\/aws4_request, SignedHeaders=accept;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
  expect(world.told()).not.toMatch(/hidden-secret|secret-of|token-of/);
});

test('B31: a role behind keys that are still being fetched never comes, and its requests wait, until 1.39', async () => {
  const role = { customCredentialProviderChain: true, assumeRoleCredentialProvider: ROLE };
  const hanging = createWorld({});
  await serveInstance(hanging, ['ASIAROLE'], 100);
  await serveRole(hanging);
  const chain = hanging.find(configure(role));
  await hanging.clock.sleep(3_600_000);
  expect(await askNow(chain, hanging)).toBe('waits');

  const mended = createWorld({ dialect: envoy140 });
  await serveInstance(mended, ['ASIAROLE'], 100);
  await serveRole(mended);
  expect(await mended.find(configure(role)).getCredentials()).toMatchObject({ accessKeyId: 'ASIAASSUMEROLE1' });
});
