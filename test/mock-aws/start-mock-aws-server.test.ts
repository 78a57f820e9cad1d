import { readFileSync } from 'node:fs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createRecentTimeline } from '#core/recent-timeline.ts';
import { parseMockConfig } from '#mock-aws/config.ts';
import { startMockAwsServer, type MockAwsServerOptions } from '#mock-aws/start-mock-aws-server.ts';

async function setup(options: Partial<MockAwsServerOptions> = {}) {
  const clock = createRealClock();
  const timeline = createRecentTimeline(clock);
  const server = await startMockAwsServer({ clock, timeline, random: createRandom('seed'), ...options });
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.aws.iam.createUser('caller');
  const credentials = server.aws.iam.createAccessKey('caller', { isSettled: true });
  const sts = new STSClient({ endpoint: server.url, region: server.aws.region, credentials, maxAttempts: 1 });
  onTestFinished(() => sts.destroy());
  return { server, askWhoIAm: () => sts.send(new GetCallerIdentityCommand({})) };
}

const STRICT = { file: 'aws.yaml', values: { hostPolicy: 'strict' } } as const;

test('the own port in Host is accepted', async () => {
  const { askWhoIAm } = await setup();
  expect(await askWhoIAm()).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/caller' });
});

test('a strict server drops every port, as AWS does', async () => {
  const { askWhoIAm } = await setup({ config: STRICT });
  await expect(askWhoIAm()).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
});

test('an option overrules the config', async () => {
  const { askWhoIAm } = await setup({ config: STRICT, hostPolicy: 'own-port' });
  await expect(askWhoIAm()).resolves.toHaveProperty('Account');
});

test('a port that is taken is an error that says so', async () => {
  const { server } = await setup();
  const { port } = server.address;
  await expect(setup({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`port ${port} is taken by`) as string,
  });
});

test('a function whose file is not there keeps the server from starting', async () => {
  const values = { functions: [{ name: 'cat', file: 'no-such-file.mjs' }] };
  await expect(setup({ config: { file: 'aws.yaml', values } })).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    message: expect.stringMatching(
      /^Failed to read function "cat" from ".*no-such-file\.mjs": it does not exist$/,
    ) as string,
  });
});

test('the config of the documentation is one', () => {
  const guide = readFileSync(new URL('../../docs/aws-config.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
  expect(parseMockConfig(example, 'aws.yaml')).toMatchObject({
    region: 'eu-west-1',
    functions: [{ name: 'cat' }, { name: 'dog' }],
  });
});
