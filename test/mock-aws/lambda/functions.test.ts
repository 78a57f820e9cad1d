import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  ListFunctionsCommand,
  paginateListFunctions,
  PutFunctionConcurrencyCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const ZIP = zipSync({ 'index.js': Buffer.from('exports.handler = async () => 1') });
const createCat = new CreateFunctionCommand({
  FunctionName: 'cat',
  Role: 'arn:aws:iam::123456789012:role/service-role/runner',
  Runtime: 'nodejs20.x',
  Handler: 'index.handler',
  Code: { ZipFile: ZIP },
  Environment: { Variables: { SOUND: 'meow' } },
  Tags: { team: 'pets' },
});

test('a created function is described as Lambda describes it', async () => {
  await using world = await startMockAwsWorld();
  const { $metadata, ...created } = await world.lambda.send(createCat);
  expect($metadata.httpStatusCode).toBe(201);
  expect(created).toMatchObject({
    FunctionName: 'cat',
    FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
    Runtime: 'nodejs20.x',
    Handler: 'index.handler',
    CodeSize: ZIP.length,
    Timeout: 3,
    MemorySize: 128,
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: { SOUND: 'meow' } },
    LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
    CodeSha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  });
});

test('GetFunction shows configuration, code and tags', async () => {
  await using world = await startMockAwsWorld();
  await world.lambda.send(createCat);
  const found = await world.lambda.send(new GetFunctionCommand({ FunctionName: 'cat' }));
  expect(found).toMatchObject({
    Configuration: { FunctionName: 'cat', State: 'Active' },
    Code: { RepositoryType: 'S3' },
    Tags: { team: 'pets' },
  });
});

test('a function is pending until its creation is over', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'slow', code: () => 1, creationDelayMs: 2000 });
  const getState = async () => {
    const { Configuration } = await world.lambda.send(new GetFunctionCommand({ FunctionName: 'slow' }));
    return [Configuration?.State, Configuration?.StateReasonCode];
  };
  expect(await getState()).toEqual(['Pending', 'Creating']);
  await world.clock.sleep(2000);
  expect(await getState()).toEqual(['Active', undefined]);
});

test('an empty account lists no functions', async () => {
  await using world = await startMockAwsWorld();
  expect((await world.lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
});

test('functions are listed fifty at a time, each once', async () => {
  await using world = await startMockAwsWorld();
  const names = Array.from({ length: 120 }, (_, index) => `function-${String(index).padStart(3, '0')}`);
  for (const name of names) world.aws.lambda.createFunction({ name, code: () => 1 });
  const pages: (string | undefined)[][] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client: world.lambda }, {})) {
    pages.push(Functions.map(({ FunctionName }) => FunctionName));
  }
  expect(pages.map((page) => page.length)).toEqual([50, 50, 20]);
  expect(pages.flat()).toEqual(names);
});

test('listed functions have no state', async () => {
  await using world = await startMockAwsWorld();
  await world.lambda.send(createCat);
  const { Functions = [] } = await world.lambda.send(new ListFunctionsCommand({}));
  expect(Functions[0]).not.toHaveProperty('State');
});

test('a deleted function is gone', async () => {
  await using world = await startMockAwsWorld();
  await world.lambda.send(createCat);
  await world.lambda.send(new DeleteFunctionCommand({ FunctionName: 'cat' }));
  const get = world.lambda.send(new GetFunctionCommand({ FunctionName: 'cat' }));
  await expect(get).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
});

test('reserved concurrency is set, shown and taken away', async () => {
  await using world = await startMockAwsWorld();
  await world.lambda.send(createCat);
  const target = { FunctionName: 'cat' };
  await world.lambda.send(new PutFunctionConcurrencyCommand({ ...target, ReservedConcurrentExecutions: 2 }));
  const set = await world.lambda.send(new GetFunctionConcurrencyCommand(target));
  expect(set.ReservedConcurrentExecutions).toBe(2);
  await world.lambda.send(new DeleteFunctionConcurrencyCommand(target));
  const unset = await world.lambda.send(new GetFunctionConcurrencyCommand(target));
  expect(unset.ReservedConcurrentExecutions).toBeUndefined();
});

test('a missing member is named', async () => {
  await using world = await startMockAwsWorld();
  const { status, body } = await world.send({ path: '/2015-03-31/functions', body: '{"FunctionName":"cat"}' });
  expect(status).toBe(400);
  expect(JSON.parse(body)).toEqual({
    message:
      "2 validation errors detected: Value null at 'role' failed to satisfy constraint: Member must not be null; Value null at 'code' failed to satisfy constraint: Member must not be null",
  });
});

test('a body that is no JSON is refused', async () => {
  await using world = await startMockAwsWorld();
  const { status, headers } = await world.send({ path: '/2015-03-31/functions', body: '{' });
  expect([status, headers['x-amzn-errortype']]).toEqual([400, 'InvalidRequestContentException']);
});

test('a zip that would write outside its folder is refused', async () => {
  await using world = await startMockAwsWorld();
  const create = new CreateFunctionCommand({
    ...createCat.input,
    Code: { ZipFile: zipSync({ '../escape.js': Buffer.from('') }) },
  });
  await expect(world.lambda.send(create)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
});

test('an operation that is not emulated says so', async () => {
  await using world = await startMockAwsWorld();
  const update = new UpdateAliasCommand({ FunctionName: 'cat', Name: 'live' });
  await expect(world.lambda.send(update)).rejects.toThrow('meshrig does not emulate lambda:UpdateAlias.');
});
