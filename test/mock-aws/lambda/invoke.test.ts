import { InvokeCommand, type InvokeCommandInput, type LambdaClient } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import type { ConnectionFault } from '#core/connection-fault.ts';
import type { HandlerContext } from '#mock-aws/lambda/handler.ts';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

async function setup(handler: (event: unknown) => unknown = (event) => event) {
  const world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: handler });
  return world;
}

async function invoke(lambda: LambdaClient, input: Partial<InvokeCommandInput> = {}) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'cat', ...input }));
  return { ...answer, text: Buffer.from(answer.Payload ?? []).toString() };
}

const INVOKE = '/2015-03-31/functions/cat/invocations';
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cat';

test('the event reaches the handler and its result comes back', async () => {
  await using world = await setup((event) => ({ received: event }));
  const answer = await invoke(world.lambda, { Payload: '{"kind":"tabby"}' });
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  expect(answer).not.toHaveProperty('FunctionError');
  expect(answer.text).toBe('{"received":{"kind":"tabby"}}');
});

test('the answer has the headers of Lambda in their casing', async () => {
  await using world = await setup();
  const { rawHeaders } = await world.send({ path: INVOKE, body: '{}' });
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  expect(names).toEqual([
    'Date',
    'Connection',
    'x-amzn-RequestId',
    'x-amzn-Remapped-Content-Length',
    'X-Amzn-Trace-Id',
    'Content-Type',
    'X-Amz-Executed-Version',
    'Content-Length',
  ]);
});

test('the Date header tells the time of the clock', async () => {
  await using world = await startMockAwsWorld({ now: Date.UTC(2027, 1, 3, 4, 5, 6) });
  const { headers } = await world.send({ path: INVOKE });
  expect(headers['date']).toBe('Wed, 03 Feb 2027 04:05:06 GMT');
});

test('a function that returns nothing answers null', async () => {
  await using world = await setup(() => undefined);
  expect((await invoke(world.lambda)).text).toBe('null');
});

test('an empty body reaches the function as an empty object', async () => {
  await using world = await setup();
  expect((await invoke(world.lambda)).text).toBe('{}');
});

const testName = (name: string, functionName: string, qualifier?: string) =>
  test(`a function is found by ${name}`, async () => {
    await using world = await setup(() => 'meow');
    const answer = await invoke(world.lambda, { FunctionName: functionName, Qualifier: qualifier });
    expect(answer.text).toBe('"meow"');
  });

testName('its name with a qualifier', 'cat:$LATEST');
testName('its name and a qualifier beside it', 'cat', '$LATEST');
testName('a partial ARN', '123456789012:function:cat');
testName('its ARN', ARN);
testName('its ARN with a qualifier', `${ARN}:$LATEST`);

test('colons of an ARN in the path may be raw or encoded', async () => {
  await using world = await setup(() => 'meow');
  const raw = await world.send({ path: `/2015-03-31/functions/${ARN}/invocations` });
  const encoded = await world.send({ path: `/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations` });
  expect([raw.status, encoded.status]).toEqual([200, 200]);
});

test('Event is accepted before the function runs', async () => {
  await using world = await setup();
  const answer = await invoke(world.lambda, { InvocationType: 'Event', Payload: '{"n":1}' });
  expect(answer).toMatchObject({ StatusCode: 202, text: '' });
  await world.clock.sleep(1);
  expect(world.aws.lambda.invocations().map(({ invocation }) => invocation.event)).toEqual([{ n: 1 }]);
});

test('DryRun runs nothing', async () => {
  await using world = await setup();
  expect(await invoke(world.lambda, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204, text: '' });
  expect(world.aws.lambda.invocations()).toEqual([]);
});

test('LogType Tail brings the end of the log', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: (_, context) => context.log('purring') });
  const { LogResult = '', $metadata } = await invoke(world.lambda, { LogType: 'Tail' });
  const [start, line, end, report] = Buffer.from(LogResult, 'base64').toString().split('\n');
  expect(start).toBe(`START RequestId: ${$metadata.requestId} Version: $LATEST`);
  expect(line).toBe('purring');
  expect(end).toBe(`END RequestId: ${$metadata.requestId}`);
  expect(report).toMatch(
    /^REPORT RequestId: \S+\tDuration: 0\.00 ms\tBilled Duration: 0 ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: 0\.00 ms\t$/,
  );
});

test('the client context is decoded for the function', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: (_, context) => context.clientContext });
  const ClientContext = Buffer.from('{"custom":{"lives":"9"}}').toString('base64');
  expect((await invoke(world.lambda, { ClientContext })).text).toBe('{"custom":{"lives":"9"}}');
});

test('a received trace root is kept', async () => {
  await using world = await setup();
  const root = 'Root=1-603e14d8-6e66071e321ab72b06bad143';
  const { headers } = await world.send({ path: INVOKE, headers: { 'x-amzn-trace-id': root } });
  expect(headers['x-amzn-trace-id']).toContain(`${root};`);
});

test('a function that throws is a function error, and the mock lives on', async () => {
  await using world = await setup(() => {
    throw new RangeError('no more lives');
  });
  const failed = await invoke(world.lambda);
  expect(failed).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  expect(JSON.parse(failed.text)).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'no more lives',
    trace: expect.arrayContaining(['RangeError: no more lives']),
  });
  expect(await invoke(world.lambda)).toMatchObject({ StatusCode: 200 });
});

const testThrown = (name: string, thrown: unknown, payload: object) =>
  test(`a function that throws ${name} reports its type and no trace`, async () => {
    await using world = await setup(() => Promise.reject(thrown));
    expect(JSON.parse((await invoke(world.lambda)).text)).toEqual(payload);
  });

testThrown('a string', 'hiss', { errorType: 'string', errorMessage: 'hiss', trace: [] });
testThrown('nothing', undefined, { errorType: 'undefined', errorMessage: 'undefined', trace: [] });

test('a result that is no JSON is a function error', async () => {
  await using world = await setup(() => 1n);
  expect(await invoke(world.lambda)).toMatchObject({ FunctionError: 'Unhandled' });
});

test('a cold start takes its time once, on the clock', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', initMs: 35_000, code: () => 'meow' });
  const before = world.clock.now();
  await world.send({ path: INVOKE });
  expect(world.clock.now() - before).toBe(35_000);
  await world.send({ path: INVOKE });
  expect(world.clock.now() - before).toBe(35_000);
  expect(world.aws.lambda.invocations().map(({ outcome }) => outcome.initDurationMs)).toEqual([35_000, undefined]);
});

test('an idle environment is thrown away after ten minutes', async () => {
  await using world = await setup();
  await world.send({ path: INVOKE });
  await world.clock.sleep(11 * 60_000);
  await world.send({ path: INVOKE });
  expect(world.aws.lambda.invocations().map(({ outcome }) => outcome.initDurationMs)).toEqual([0, 0]);
});

test('a timeout answers when the limit passes, not earlier', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', timeoutMs: 1000, code: (_, { clock }) => clock.sleep(60_000) });
  const before = world.clock.now();
  const { status, headers, body } = await world.send({ path: INVOKE });
  expect(world.clock.now() - before).toBe(1000);
  expect(status).toBe(200);
  expect(headers['x-amz-function-error']).toBe('Unhandled');
  expect(JSON.parse(body)).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${String(headers['x-amzn-requestid'])} Error: Task timed out after 1.00 seconds`,
  });
});

test('a handler knows how much time it has left', async () => {
  await using world = await startMockAwsWorld();
  const code = async (_: unknown, context: HandlerContext) => {
    await context.clock.sleep(400);
    return context.getRemainingTimeInMillis();
  };
  world.aws.lambda.createFunction({ name: 'cat', code });
  expect((await world.send({ path: INVOKE })).body).toBe('2600');
});

test('a caller that goes away leaves the run going, and the timeline says so', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({
    name: 'cat',
    timeoutMs: 60_000,
    code: (_, { clock }) => clock.sleep(30_000).then(() => 'late'),
  });
  const hangUp: ConnectionFault = {
    name: 'hang-up',
    onConnection: ({ client }, clock) => void clock.setTimer(10_000, () => client.destroy()),
  };
  world.network.addFault(() => true, hangUp);
  await expect(world.send({ path: INVOKE })).rejects.toThrow('socket hang up');
  await world.clock.sleep(60_000);
  expect(world.aws.lambda.invocations().map(({ outcome }) => outcome.payload)).toEqual(['"late"']);
  const phases = world.timeline.events().flatMap((event) => (event.type === 'invocation' ? [event.phase] : []));
  expect(phases).toEqual(['cold-start', 'abandoned', 'finished']);
});
