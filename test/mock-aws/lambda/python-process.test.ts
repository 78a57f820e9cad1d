import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { readCodeArchive } from '#mock-aws/lambda/code-archive.ts';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

async function invoke(source: string, handler = 'lambda_function.lambda_handler') {
  await using world = await startMockAwsWorld();
  const code = readCodeArchive(zipSync({ 'lambda_function.py': Buffer.from(source) }));
  world.aws.lambda.createFunction({ name: 'real', code, runtime: 'python3.12', handler });
  const answer = await world.send({ path: '/2015-03-31/functions/real/invocations', body: '{"a":1}' });
  return { ...answer, value: JSON.parse(answer.body) as unknown };
}

test.skipIf(!hasPython)('the Python function of seed 002 runs as its text has it', async () => {
  const source = readFileSync(new URL('../../../fixtures/seed-002/lambda_function.py', import.meta.url), 'utf8');
  const { value } = await invoke(source);
  expect(value).toMatchObject({ statusCode: 200, statusDescription: '200 OK', isBase64Encoded: false });
  expect((value as { body: string }).body).toHaveLength(258);
});

test.skipIf(!hasPython)('a Python function gets the event and a context', async () => {
  const { value } = await invoke(
    'def lambda_handler(event, context):\n\treturn [event, context.function_name, context.get_remaining_time_in_millis() > 0]',
  );
  expect(value).toEqual([{ a: 1 }, 'real', true]);
});

test.skipIf(!hasPython)('a Python function can be created through the SDK', async () => {
  await using world = await startMockAwsWorld();
  const source = Buffer.from('def lambda_handler(event, context):\n\treturn "hello"');
  const creation = {
    FunctionName: 'created',
    Runtime: 'python3.12',
    Handler: 'lambda_function.lambda_handler',
    Role: 'arn:aws:iam::123456789012:role/lambda',
    Code: { ZipFile: zipSync({ 'lambda_function.py': source }) },
  } as const;
  await world.lambda.send(new CreateFunctionCommand(creation));
  const { Payload } = await world.lambda.send(new InvokeCommand({ FunctionName: 'created' }));
  expect(Payload?.transformToString()).toBe('"hello"');
});

test.skipIf(!hasPython)('a Python error is reported as the Python runtime does', async () => {
  const { value, headers } = await invoke('def lambda_handler(event, context):\n\traise KeyError("x")');
  expect(headers['x-amz-function-error']).toBe('Unhandled');
  expect(value).toMatchObject({
    errorMessage: "'x'",
    errorType: 'KeyError',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    stackTrace: [expect.stringMatching(/^ {2}File ".*lambda_function\.py", line 2, in lambda_handler\n/)],
  });
});

test.skipIf(!hasPython)('a Python handler that is missing fails at start-up', async () => {
  const { value } = await invoke('', 'lambda_function.nothing');
  expect(value).toMatchObject({
    errorType: 'Runtime.HandlerNotFound',
    errorMessage: "Handler 'nothing' missing on module 'lambda_function'",
  });
});
