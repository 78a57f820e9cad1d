import { connect } from 'node:net';
import { once } from 'node:events';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createTimeline } from '#core/timeline.ts';
import { startMockAwsServer } from '#mock-aws/start-mock-aws-server.ts';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const INVOKE = '/2015-03-31/functions/cat/invocations';

/** A mock on a real loopback port, as `meshrig aws` starts it. */
async function startServer() {
  const clock = createRealClock();
  const timeline = createTimeline(clock);
  const server = await startMockAwsServer({ clock, timeline, random: createRandom('server') });
  server.aws.iam.createUser('gateway');
  const key = server.aws.iam.createAccessKey('gateway');
  server.aws.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  const client = { endpoint: server.url, region: 'us-east-1', credentials: key, maxAttempts: 1 };
  const { aws, address } = server;
  return { aws, address, timeline, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Writes bytes to the port and collects what comes back until the connection ends. */
async function exchange(port: number, bytes: string, { halfClose = false } = {}): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes, 'latin1');
  if (halfClose) socket.end();
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

async function invokeCat(client: ConstructorParameters<typeof LambdaClient>[0]): Promise<string> {
  const lambda = new LambdaClient(client ?? {});
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'cat' }));
  lambda.destroy();
  return Buffer.from(Payload ?? []).toString();
}

test('unmodified SDK clients work over one real port', async () => {
  await using server = await startServer();
  const sts = new STSClient(server.client);
  const iam = new IAMClient(server.client);
  expect(await invokeCat(server.client)).toBe('"meow"');
  expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe('arn:aws:iam::123456789012:user/gateway');
  expect((await iam.send(new ListUsersCommand({}))).Users).toHaveLength(1);
  expect(server.aws.journal.entries().map((entry) => entry.service)).toEqual(['lambda', 'sts', 'iam']);
  sts.destroy();
  iam.destroy();
});

const testGarbage = (name: string, bytes: string, answer: RegExp, options: { halfClose?: boolean } = {}) =>
  test(`${name} ends that connection, and the mock lives on`, async () => {
    await using server = await startServer();
    expect(await exchange(server.address.port, bytes, options)).toMatch(answer);
    expect(await invokeCat(server.client)).toBe('"meow"');
  });

testGarbage('garbage', '\u0000\u00ff\u0001 not http\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n/);
testGarbage('a TLS hello on the plain port', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', /^HTTP\/1\.1 400 /);
testGarbage('a head that is cut off', 'POST / HTTP/1.1\r\nHost: lam', /^(HTTP\/1\.1 400 |$)/, { halfClose: true });
testGarbage(
  'a body that is cut off',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
  /^(HTTP\/1\.1 400 |$)/,
  {
    halfClose: true,
  },
);
testGarbage(
  'two lengths',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
  /^HTTP\/1\.1 400 /,
);
testGarbage('a header of 100 kB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 400 /);

test('a Host with a port is refused with the exact bytes of Lambda', async () => {
  await using world = await startMockAwsWorld();
  const answer = await world.send({ path: INVOKE, host: 'example.com:9080' });
  expect(answer).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'InvalidSignatureException' } });
  expect(Buffer.byteLength(answer.body)).toBe(192);
  const entry = world.aws.journal.entries().at(-1);
  expect(entry).toMatchObject({ verdict: 'refused', status: 403, code: 'InvalidSignatureException' });
  expect(entry?.edgeChanges[0]).toMatchObject({ rule: 'host-port', from: 'example.com:9080', to: 'example.com' });
  expect(entry?.canonicalRequest).toContain('\nhost:example.com\n');
});

test('a Host without a port is accepted, whatever the name', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  expect(await world.send({ path: INVOKE, host: 'example.com' })).toMatchObject({ status: 200, body: '"meow"' });
});

test('an accepted request is in the journal with everything that was checked', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  const { headers } = await world.send({ path: INVOKE });
  expect(world.aws.journal.entries()).toEqual([
    expect.objectContaining({
      requestId: headers['x-amzn-requestid'],
      service: 'lambda',
      operation: 'Invoke',
      verdict: 'accepted',
      principal: 'arn:aws:iam::123456789012:user/gateway',
      accessKeyId: world.key.accessKeyId,
      status: 200,
      stringToSign: expect.stringMatching(/^AWS4-HMAC-SHA256\n/),
      received: expect.objectContaining({ method: 'POST', target: INVOKE }),
    }),
  ]);
});

test('verdict and answer are on the timeline', async () => {
  await using world = await startMockAwsWorld();
  await world.send({ path: INVOKE });
  const facts = world.timeline.events().filter(({ type }) => type === 'verdict' || type === 'aws-answered');
  expect(facts).toMatchObject([
    { type: 'verdict', service: 'lambda', accepted: true, status: 200 },
    { type: 'aws-answered', operation: 'Invoke', status: 404, code: 'ResourceNotFoundException' },
  ]);
});

test('a session token shows in no journal and no event', async () => {
  await using world = await startMockAwsWorld();
  const session = world.aws.iam.createSession(
    { arn: 'arn:aws:sts::123456789012:assumed-role/r/s', accountId: '123456789012', userId: 'AROA:s' },
    world.clock.now() + 60_000,
  );
  await world.send({ path: INVOKE, key: session, headers: { 'x-amz-security-token': session.sessionToken } });
  const told = JSON.stringify([world.aws.journal.entries(), world.timeline.events()]);
  expect(world.aws.journal.entries()[0]?.verdict).toBe('accepted');
  expect(told).toContain('(hidden)');
  expect(told).not.toContain(session.sessionToken);
  expect(told).not.toContain(session.secretAccessKey);
});

test('the clock decides which signatures are too old', async () => {
  await using world = await startMockAwsWorld();
  await world.clock.sleep(6 * 60_000);
  const lambda = world.lambda.send(new InvokeCommand({ FunctionName: 'cat' }));
  await expect(lambda).rejects.toThrow(/^Signature expired: .* \(\d{8}T\d{6}Z - 5 min\.\)$/);
  await expect(world.sts.send(new GetCallerIdentityCommand({}))).resolves.toHaveProperty('Account');
});

test('an operation that fails inside is an internal error, not a crash', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.findFunction = () => {
    throw new Error('a bug');
  };
  const answer = await world.send({ path: INVOKE });
  expect(answer).toMatchObject({ status: 500, headers: { 'x-amzn-errortype': 'ServiceException' } });
  expect(answer.body).not.toContain('a bug');
});
