import { GetCallerIdentityCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const QUERY = '/?Action=GetCallerIdentity&Version=2011-06-15';

test('a user is told who they are', async () => {
  await using world = await startMockAwsWorld();
  const { UserId, Account, Arn } = await world.sts.send(new GetCallerIdentityCommand({}));
  expect({ UserId, Account, Arn }).toEqual({
    UserId: world.aws.iam.getUser('gateway').userId,
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/gateway',
  });
});

test('root is told who they are', async () => {
  await using world = await startMockAwsWorld();
  const key = world.aws.iam.createAccessKey(undefined, { isSettled: true });
  const { body } = await world.send({ service: 'sts', method: 'GET', path: QUERY, key });
  expect(body).toContain('<UserId>123456789012</UserId>');
  expect(body).toContain('<Arn>arn:aws:iam::123456789012:root</Arn>');
});

test('the answer is the document that STS writes', async () => {
  await using world = await startMockAwsWorld();
  const { body, headers } = await world.send({ service: 'sts', method: 'GET', path: QUERY });
  expect(headers['content-type']).toBe('text/xml');
  expect(body).toBe(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <UserId>${world.aws.iam.getUser('gateway').userId}</UserId>
    <Account>123456789012</Account>
    <Arn>arn:aws:iam::123456789012:user/gateway</Arn>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>${String(headers['x-amzn-requestid'])}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`,
  );
});

test('an error is JSON for a caller that asks for it', async () => {
  await using world = await startMockAwsWorld();
  const headers = { accept: 'application/json' };
  const { body } = await world.send({ service: 'sts', method: 'GET', path: '/?Action=Purr', headers });
  expect(JSON.parse(body)).toMatchObject({ Error: { Code: 'InvalidAction', Type: 'Sender' } });
});

test('an operation that is not emulated says so', async () => {
  await using world = await startMockAwsWorld();
  const call = world.sts.send(new GetFederationTokenCommand({ Name: 'guest' }));
  await expect(call).rejects.toThrow('meshrig does not emulate sts:GetFederationToken.');
});
