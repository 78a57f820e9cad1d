import { afterEach, expect, test } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { envoy128 } from '#signing-proxy/dialects/envoy-1.28.ts';
import { envoy130 } from '#signing-proxy/dialects/envoy-1.30.ts';
import { envoy134 } from '#signing-proxy/dialects/envoy-1.34.ts';
import { AwsCredentialProviderSchema } from '#xds/generated/messages.js';
import {
  createCredentialWorld,
  type CredentialWorld,
  type CredentialWorldOptions,
} from '../support/credential-world.ts';

const HOUR_MS = 3_600_000;
const worlds: CredentialWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

function createWorld(options: CredentialWorldOptions) {
  const environment = { HOME: '/home/envoy', AWS_EC2_METADATA_DISABLED: 'true', ...options.environment };
  const world = createCredentialWorld({ dialect: envoy130, ...options, environment });
  worlds.push(world);
  return world;
}

const profile = (name: string, id: string) => `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key=hidden\n`;
const HOME_FILE = '/home/envoy/.aws/credentials';

test('B24: the file of the home folder is never found before 1.29, because nobody expands its tilde', async () => {
  const files = { [HOME_FILE]: profile('default', 'AKIAFILE') };
  const before = createWorld({ dialect: envoy128, files });
  expect(await before.find().getCredentials()).toBeUndefined();
  expect(before.aws()).toContain('Unable to read from credential file ~/.aws/credentials');
  const later = createWorld({ files });
  expect(await later.find().getCredentials()).toMatchObject({ accessKeyId: 'AKIAFILE' });
  expect(later.aws().slice(1, 4)).toEqual([
    'Getting AWS credentials from the credentials file',
    `Credentials file path = ${HOME_FILE}, profile name = default`,
    `Found following AWS credentials for profile 'default' in ${HOME_FILE}: AWS_ACCESS_KEY_ID=AKIAFILE, AWS_SECRET_ACCESS_KEY=*****, AWS_SESSION_TOKEN=`,
  ]);
});

test('B28: a replaced file is not seen within the hour', async () => {
  const { clock, files, find } = createWorld({ files: { [HOME_FILE]: profile('default', 'AKIAOLD') } });
  const chain = find();
  await chain.getCredentials();
  files.write(HOME_FILE, profile('default', 'AKIANEW'));
  await clock.sleep(HOUR_MS);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIAOLD' });
  await clock.sleep(1);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIANEW' });
});

test('keeps for an hour that there is no file', async () => {
  const { clock, files, find } = createWorld({});
  const chain = find();
  expect(await chain.getCredentials()).toBeUndefined();
  files.write(HOME_FILE, profile('default', 'AKIALATE'));
  expect(await chain.getCredentials()).toBeUndefined();
  expect(files.reads).toHaveLength(1);
  await clock.sleep(HOUR_MS + 1);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIALATE' });
});

test('B28: a data source with a watched directory is read again when it has changed', async () => {
  const { files, find } = createWorld({
    dialect: envoy134,
    files: { '/etc/aws/credentials': profile('default', 'AKIAOLD') },
  });
  const chain = find({
    provider: create(AwsCredentialProviderSchema, {
      customCredentialProviderChain: true,
      credentialsFileProvider: {
        credentialsDataSource: {
          specifier: { case: 'filename', value: '/etc/aws/credentials' },
          watchedDirectory: { path: '/etc/aws' },
        },
      },
    }),
  });
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIAOLD' });
  await chain.getCredentials();
  expect(files.reads).toHaveLength(1);
  files.write('/etc/aws/credentials', profile('default', 'AKIANEW'));
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIANEW' });
});

test('a profile of the filter reads the file alone, from 1.30 on', async () => {
  const options = {
    environment: { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' },
    files: { [HOME_FILE]: profile('default', 'AKIADEFAULT') + profile('team', 'AKIATEAM') },
  };
  const world = createWorld(options);
  expect(await world.find({ profile: 'team' }).getCredentials()).toMatchObject({ accessKeyId: 'AKIATEAM' });
  expect(await world.find({ profile: 'nobody' }).getCredentials()).toBeUndefined();
  const before = createWorld({ ...options, dialect: envoy128 });
  expect(await before.find({ profile: 'team' }).getCredentials()).toMatchObject({ accessKeyId: 'AKIAENV' });
});

test('takes the file and the profile that the environment names', async () => {
  const { find } = createWorld({
    environment: { AWS_SHARED_CREDENTIALS_FILE: '/keys', AWS_PROFILE: 'team' },
    files: { '/keys': profile('team', 'AKIATEAM') },
  });
  expect(await find().getCredentials()).toMatchObject({ accessKeyId: 'AKIATEAM' });
});

test('shows no secret of the file to anyone', async () => {
  const { find, told } = createWorld({ files: { [HOME_FILE]: profile('default', 'AKIAFILE') } });
  await find().getCredentials();
  expect(told()).not.toContain('hidden');
});
