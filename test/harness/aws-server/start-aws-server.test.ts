import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createRecentTimeline } from '#harness/aws-server/recent-timeline.ts';
import { startAwsServer, type AwsServerOptions } from '#harness/aws-server/start-aws-server.ts';

async function setup(options: Partial<AwsServerOptions> = {}) {
  const clock = createRealClock();
  const timeline = createRecentTimeline(clock);
  const server = await startAwsServer({ clock, timeline, random: createRandom('seed'), port: 0, ...options });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const configuration = { endpoint: server.url, region: server.region, credentials: server.accessKey, maxAttempts: 1 };
  return { server, configuration };
}

test('an SDK client with the printed key is accepted', async () => {
  const { configuration } = await setup();
  const { Arn } = await new STSClient(configuration).send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe('arn:aws:iam::123456789012:user/meshrig');
});

test('a strict server drops every port, as AWS does', async () => {
  const { configuration } = await setup({ hostPolicy: 'strict' });
  const sending = new STSClient(configuration).send(new GetCallerIdentityCommand({}));
  await expect(sending).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
});

test('functions of the config run in a process of their own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'cat.mjs'), 'export const handler = async (event) => ({ event, pid: process.pid });');
  const config = { functions: { cat: { file: 'cat.mjs' } } };
  const { configuration } = await setup({ config, configFile: join(folder, 'config.yaml') });
  const command = new InvokeCommand({ FunctionName: 'cat', Payload: '{"a":1}' });
  const { Payload } = await new LambdaClient(configuration).send(command);
  const answer = JSON.parse(Payload?.transformToString() ?? '') as { event: unknown; pid: number };
  expect(answer.event).toEqual({ a: 1 });
  expect(answer.pid).not.toBe(process.pid);
});

test('keys of the config are accepted', async () => {
  const accessKey = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const { configuration } = await setup({ config: { users: { gateway: { accessKeys: [accessKey] } } } });
  const client = new STSClient({ ...configuration, credentials: accessKey });
  expect((await client.send(new GetCallerIdentityCommand({}))).Arn).toMatch(/user\/gateway$/);
});

test('a port that is taken is an error that says so', async () => {
  const { server } = await setup();
  const port = Number(new URL(server.url).port);
  await expect(setup({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`port ${port} is taken by`) as string,
  });
});

test('bytes that are no HTTP end their connection and nothing else', async () => {
  const { server, configuration } = await setup();
  const garbage = connect(Number(new URL(server.url).port), '127.0.0.1');
  garbage.write('\u0016\u0003\u0001 this is no HTTP\r\n\r\n');
  expect(await text(garbage)).toMatch(/^HTTP\/1\.1 400 /);
  await expect(new STSClient(configuration).send(new GetCallerIdentityCommand({}))).resolves.toBeDefined();
});
