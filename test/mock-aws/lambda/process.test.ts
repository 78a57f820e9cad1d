import { existsSync } from 'node:fs';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { readCodeArchive } from '#mock-aws/lambda/code-archive.ts';
import type { NewFunction } from '#mock-aws/lambda/lambda-function.ts';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

/** A world with one function `real`, made of these files, in a process of its own. */
async function setup(files: string | Record<string, string>, options: Partial<NewFunction> = {}) {
  const world = await startMockAwsWorld();
  const sources = typeof files === 'string' ? { 'index.js': files } : files;
  const entries = Object.entries(sources).map(([name, source]) => [name, Buffer.from(source)] as const);
  const code = readCodeArchive(zipSync(Object.fromEntries(entries)));
  world.aws.lambda.createFunction({ name: 'real', code, ...options });
  const invoke = async (event: unknown = {}, headers: Record<string, string> = {}) => {
    const path = '/2015-03-31/functions/real/invocations';
    const answer = await world.send({ path, body: JSON.stringify(event), headers });
    return { ...answer, value: JSON.parse(answer.body) as never };
  };
  return { ...world, invoke };
}

test('a function runs in its own process and is reused', async () => {
  await using world = await setup(
    'let n = 0; exports.handler = async (event) => ({ event, n: ++n, pid: process.pid })',
  );
  const first = await world.invoke({ a: 1 });
  const second = await world.invoke({ a: 2 });
  expect(first.value).toMatchObject({ event: { a: 1 }, n: 1 });
  expect(second.value).toMatchObject({ event: { a: 2 }, n: 2, pid: (first.value as { pid: number }).pid });
  expect((first.value as { pid: number }).pid).not.toBe(process.pid);
});

test('two events at once run in two processes', async () => {
  await using world = await setup(
    'exports.handler = () => new Promise((done) => setTimeout(() => done(process.pid), 100))',
  );
  const [one, other] = await Promise.all([world.invoke(), world.invoke()]);
  expect(one.value).not.toBe(other.value);
});

test('the environment is that of Lambda', async () => {
  await using world = await setup('exports.handler = async () => process.env', { environment: { SOUND: 'meow' } });
  const { value } = await world.invoke();
  expect(value).toMatchObject({
    SOUND: 'meow',
    _HANDLER: 'index.handler',
    TZ: ':UTC',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
    AWS_LAMBDA_FUNCTION_NAME: 'real',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/real',
    AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
    AWS_SESSION_TOKEN: expect.any(String),
    _X_AMZN_TRACE_ID: expect.stringContaining('Root=1-'),
  });
  expect(value).not.toHaveProperty('VITEST');
});

const testHandlerForm = (name: string, files: Record<string, string>, handler = 'index.handler') =>
  test(`${name} is a handler`, async () => {
    await using world = await setup(files, { handler });
    expect((await world.invoke()).value).toBe('meow');
  });

testHandlerForm('an async function', { 'index.js': 'exports.handler = async () => "meow"' });
testHandlerForm('a function with a callback', { 'index.js': 'exports.handler = (e, c, done) => done(null, "meow")' });
testHandlerForm('an export of a module', { 'index.mjs': 'export const handler = async () => "meow"' });
testHandlerForm('an export in a folder', { 'src/cat.js': 'exports.run = async () => "meow"' }, 'src/cat.run');

const testFailure = (name: string, source: string, error: { errorType: string; errorMessage?: unknown }) =>
  test(`${name}`, async () => {
    await using world = await setup(source);
    const { status, headers, value } = await world.invoke();
    expect([status, headers['x-amz-function-error']]).toEqual([200, 'Unhandled']);
    expect(value).toMatchObject(error);
  });

testFailure(
  'a thrown error is reported with its name',
  'exports.handler = async () => { throw new TypeError("hiss") }',
  {
    errorType: 'TypeError',
    errorMessage: 'hiss',
  },
);
testFailure('an error while loading fails the first run', 'throw new Error("no cat")', {
  errorType: 'Error',
  errorMessage: 'no cat',
});
testFailure('a missing module is an import error', 'require("cat")', { errorType: 'Runtime.ImportModuleError' });
testFailure('code that does not parse is a syntax error', 'exports.handler = async () => {', {
  errorType: 'Runtime.UserCodeSyntaxError',
});
testFailure('a missing export is named', 'exports.other = 1', {
  errorType: 'Runtime.HandlerNotFound',
  errorMessage: 'index.handler is undefined or not exported',
});
testFailure('a run that never settles ends with the process', 'exports.handler = () => new Promise(() => {})', {
  errorType: 'Runtime.NodeJsExit',
});
testFailure(
  'a rejection nobody catches ends the run',
  'exports.handler = () => { Promise.reject(new Error("x")); return new Promise(() => {}) }',
  {
    errorType: 'Runtime.UnhandledPromiseRejection',
  },
);
testFailure('a killed process is an exit', 'exports.handler = async () => process.kill(process.pid, "SIGKILL")', {
  errorType: 'Runtime.ExitError',
  errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: signal: killed$/),
});

test('a process that runs too long is killed, and the next event gets a new one', async () => {
  await using world = await setup('exports.handler = async (event) => { while (event.loop); return process.pid }', {
    timeoutMs: 400,
  });
  const before = (await world.invoke()).value as number;
  expect((await world.invoke({ loop: true })).value).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 0\.40 seconds$/),
  });
  expect((await world.invoke()).value).not.toBe(before);
  expect(() => process.kill(before, 0)).toThrow('ESRCH');
});

test('everything a run printed is in its log, in order', async () => {
  await using world = await setup(
    'exports.handler = async ({ n }) => { for (let i = 0; i < 20; i++) console.log("line", n, i); process.stdout.write("tail") }',
  );
  for (const n of [1, 2, 3]) {
    const { headers } = await world.invoke({ n }, { 'x-amz-log-type': 'Tail' });
    const log = Buffer.from(String(headers['x-amz-log-result']), 'base64').toString();
    expect([...log.matchAll(/line (\d+) (\d+)/g)].map(([, run, i]) => `${run} ${i}`)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${n} ${i}`),
    );
    expect(log).toContain('\ntail\nEND RequestId');
  }
});

test('the function signs with its role and is known to STS', async () => {
  await using world = await setup('exports.handler = async () => process.env');
  const { value } = await world.invoke();
  const { AWS_ACCESS_KEY_ID: id = '' } = value as Record<string, string>;
  expect(world.aws.iam.findAccessKey(id)?.principal.arn).toBe('arn:aws:sts::123456789012:assumed-role/real-role/real');
});

test('nothing is left behind: no process, no files', async () => {
  const left = { pid: 0, root: '' };
  {
    await using world = await setup(
      'exports.handler = async () => ({ pid: process.pid, root: process.env.LAMBDA_TASK_ROOT })',
    );
    Object.assign(left, (await world.invoke()).value);
    expect(existsSync(left.root)).toBe(true);
  }
  expect(existsSync(left.root)).toBe(false);
  expect(() => process.kill(left.pid, 0)).toThrow('ESRCH');
});
