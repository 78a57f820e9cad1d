import {
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  ListUsersCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const UserName = 'gateway';

test('a user is created and found again', async () => {
  await using world = await startMockAwsWorld();
  const Tags = [{ Key: 'team', Value: 'pets & co' }];
  const { User: created } = await world.iam.send(new CreateUserCommand({ UserName: 'cat', Path: '/pets/', Tags }));
  expect(created).toMatchObject({
    UserName: 'cat',
    Path: '/pets/',
    Arn: 'arn:aws:iam::123456789012:user/pets/cat',
    UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
    Tags,
  });
  const { User: found } = await world.iam.send(new GetUserCommand({ UserName: 'cat' }));
  expect(found).toEqual(created);
});

test('GetUser without a name shows the caller', async () => {
  await using world = await startMockAwsWorld();
  expect((await world.iam.send(new GetUserCommand({}))).User?.UserName).toBe(UserName);
});

test('users are listed by page', async () => {
  await using world = await startMockAwsWorld();
  for (const name of ['ant', 'bee', 'cat']) world.aws.iam.createUser(name);
  const first = await world.iam.send(new ListUsersCommand({ MaxItems: 3 }));
  const second = await world.iam.send(new ListUsersCommand({ MaxItems: 3, Marker: first.Marker }));
  expect([first, second].map(({ Users = [] }) => Users.map((user) => user.UserName))).toEqual([
    ['ant', 'bee', 'cat'],
    ['gateway'],
  ]);
  expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
});

test('a user without keys can be deleted', async () => {
  await using world = await startMockAwsWorld();
  world.aws.iam.createUser('cat');
  await world.iam.send(new DeleteUserCommand({ UserName: 'cat' }));
  await expect(world.iam.send(new GetUserCommand({ UserName: 'cat' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});

test('a new key has a secret of forty characters, shown once', async () => {
  await using world = await startMockAwsWorld();
  const { AccessKey } = await world.iam.send(new CreateAccessKeyCommand({ UserName }));
  expect(AccessKey).toMatchObject({
    UserName,
    Status: 'Active',
    AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
    SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
  });
  const { AccessKeyMetadata = [] } = await world.iam.send(new ListAccessKeysCommand({ UserName }));
  expect(AccessKeyMetadata.map((key) => key.AccessKeyId)).toEqual([world.key.accessKeyId, AccessKey?.AccessKeyId]);
  expect(AccessKeyMetadata[1]).not.toHaveProperty('SecretAccessKey');
});

test('an inactive key is refused, and works again when it is active', async () => {
  await using world = await startMockAwsWorld();
  const other = world.aws.iam.createAccessKey(UserName);
  const setStatus = (Status: 'Active' | 'Inactive') =>
    world.iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: other.accessKeyId, Status }));
  const call = async () => (await world.send({ path: '/2015-03-31/functions', method: 'GET', key: other })).status;
  expect(await call()).toBe(200);
  await setStatus('Inactive');
  expect(await call()).toBe(403);
  await setStatus('Active');
  expect(await call()).toBe(200);
});

test('inactive keys count for the limit of two, deleted ones do not', async () => {
  await using world = await startMockAwsWorld();
  const { AccessKey: second } = await world.iam.send(new CreateAccessKeyCommand({ UserName }));
  const AccessKeyId = second?.AccessKeyId;
  await world.iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }));
  await expect(world.iam.send(new CreateAccessKeyCommand({ UserName }))).rejects.toMatchObject({
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for AccessKeysPerUser: 2',
  });
  await world.iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
  await expect(world.iam.send(new CreateAccessKeyCommand({ UserName }))).resolves.toHaveProperty('AccessKey');
});

test('the last use of a key names service and region', async () => {
  await using world = await startMockAwsWorld();
  const fresh = world.aws.iam.createAccessKey(UserName);
  const lastUse = async () => {
    const { AccessKeyLastUsed } = await world.iam.send(
      new GetAccessKeyLastUsedCommand({ AccessKeyId: fresh.accessKeyId }),
    );
    return AccessKeyLastUsed;
  };
  expect(await lastUse()).toEqual({ Region: 'N/A', ServiceName: 'N/A' });
  await world.send({ path: '/2015-03-31/functions', method: 'GET', key: fresh });
  expect(await lastUse()).toEqual({ Region: 'us-east-1', ServiceName: 'lambda', LastUsedDate: expect.any(Date) });
});

test('a refused signature is no use of a key', async () => {
  await using world = await startMockAwsWorld();
  const wrong = { ...world.key, secretAccessKey: 'x'.repeat(40) };
  await world.send({ path: '/2015-03-31/functions', method: 'GET', key: wrong });
  expect(world.aws.iam.findShownKey(world.key.accessKeyId)?.lastUsed).toBeUndefined();
});

test('an operation that is not emulated says so', async () => {
  await using world = await startMockAwsWorld();
  const create = new CreateGroupCommand({ GroupName: 'gateways' });
  await expect(world.iam.send(create)).rejects.toThrow('meshrig does not emulate iam:CreateGroup.');
});

const testRefused = (name: string, parameters: Record<string, string>, code: string, message: RegExp) =>
  test(`${name}`, async () => {
    await using world = await startMockAwsWorld();
    const answer = await world.send({
      service: 'iam',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString(),
    });
    expect(answer.body).toContain(`<Code>${code}</Code>`);
    expect(answer.body).toMatch(message);
  });

testRefused('a request without an action is refused', {}, 'MissingAction', /must contain the parameter Action/);
testRefused(
  'an unknown action is named',
  { Action: 'Purr' },
  'InvalidAction',
  /Could not find operation Purr for version/,
);
testRefused('a missing member is named', { Action: 'CreateUser' }, 'ValidationError', /Value null at 'userName'/);
testRefused(
  'a name out of pattern is refused',
  { Action: 'CreateUser', UserName: 'a/b' },
  'ValidationError',
  /'userName'/,
);
testRefused(
  'a status that is none is refused',
  { Action: 'UpdateAccessKey', UserName, AccessKeyId: 'AKIA', Status: 'Asleep' },
  'ValidationError',
  /'status'/,
);
