import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline, eventsOfType } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createAwsClient, type AwsClientSetup } from '#harness/aws-client.ts';
import { createMockAws } from '#mock-aws/server.ts';

const ENDPOINT = 'http://10.0.0.1:80';

/** The mock on a network in memory, and what a client of it needs. */
async function setup() {
  const clock = createVirtualClock();
  const random = createRandom('seed');
  const timeline = createTimeline(clock);
  const network = new MemoryNetwork({ clock });
  network.addZone('machine');
  const mock = createMockAws({ clock, random: random.fork('aws'), timeline, hostPolicy: 'own-port' });
  await network.listen('machine', { host: '10.0.0.1', port: 80 }, (connection) => mock.accept('any', connection));
  mock.iam.createUser('caller');
  const credentials = mock.iam.createAccessKey('caller', { isSettled: true });
  const client: AwsClientSetup = {
    network,
    clock,
    random: random.fork('client'),
    zone: 'machine',
    region: mock.region,
    credentials,
    endpoint: ENDPOINT,
  };
  onTestFinished(async () => {
    await mock[Symbol.asyncDispose]();
    clock[Symbol.dispose]();
  });
  return { mock, clock, timeline, client };
}

test('unmodified SDK clients are accepted', async () => {
  const { mock, client } = await setup();
  mock.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  const identity = await createAwsClient(STSClient, client).send(new GetCallerIdentityCommand({}));
  const users = await createAwsClient(IAMClient, client).send(new ListUsersCommand({}));
  const answer = await createAwsClient(LambdaClient, client).send(new InvokeCommand({ FunctionName: 'cat' }));
  expect(identity.Arn).toBe('arn:aws:iam::123456789012:user/caller');
  expect(users.Users).toHaveLength(1);
  expect(answer.Payload?.transformToString()).toBe('"meow"');
});

test("signs with the clock's date, however far from the machine's", async () => {
  const { clock, client } = await setup();
  await clock.sleep(10 * 365 * 24 * 3_600_000);
  await expect(createAwsClient(STSClient, client).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: '123456789012',
  });
});

test('a refused call is not tried again', async () => {
  const { timeline, client } = await setup();
  const stranger = { ...client, credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'none' } };
  const sending = createAwsClient(STSClient, stranger).send(new GetCallerIdentityCommand({}));
  await expect(sending).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  expect(eventsOfType(timeline.events(), 'verdict')).toHaveLength(1);
});

test('the same seed gives the same request, byte for byte', async () => {
  const send = async () => {
    const { timeline, client } = await setup();
    await createAwsClient(STSClient, client).send(new GetCallerIdentityCommand({}));
    return JSON.stringify(eventsOfType(timeline.events(), 'verdict'));
  };
  expect(await send()).toBe(await send());
});
