import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createTimeline } from '#core/timeline.ts';
import { loadMockConfig, parseMockConfig } from '#mock-aws/config.ts';
import { startMockAwsServer } from '#mock-aws/start-mock-aws-server.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const CONFIG = `region: eu-west-1
accountId: "111122223333"
users:
  - name: gateway
    accessKeys:
      - accessKeyId: ${KEY.accessKeyId}
        secretAccessKey: ${KEY.secretAccessKey}
functions:
  - name: cat
    response: { sound: meow }
  - name: dog
    file: dog.mjs
    handler: bark
    timeoutMs: 5000
`;

function refusalOf(text: string): MeshrigError {
  try {
    parseMockConfig(text, 'mock.yaml');
  } catch (error) {
    if (error instanceof MeshrigError) return error;
    throw error;
  }
  throw new Error('the config was accepted');
}

test('a config file makes users, keys and functions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-config-'));
  const file = join(folder, 'mock.yaml');
  writeFileSync(file, CONFIG);
  writeFileSync(join(folder, 'dog.mjs'), 'export const bark = async () => ({ sound: "woof" });');
  const clock = createRealClock();
  const config = { file, values: loadMockConfig(file) };
  await using server = await startMockAwsServer({
    clock,
    timeline: createTimeline(clock),
    random: createRandom('config'),
    config,
  });
  const lambda = new LambdaClient({ endpoint: server.url, region: 'eu-west-1', credentials: KEY, maxAttempts: 1 });
  const call = async (FunctionName: string) => {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
    return Buffer.from(Payload ?? []).toString();
  };
  expect(await call('cat')).toBe('{"sound":"meow"}');
  expect(await call('dog')).toBe('{"sound":"woof"}');
  expect(server.aws.accountId).toBe('111122223333');
  lambda.destroy();
  rmSync(folder, { recursive: true });
});

test('an empty file is a config', () => {
  expect(parseMockConfig('', 'mock.yaml')).toEqual({});
});

interface Refusal {
  readonly at: string;
  readonly fact: string;
  readonly hint?: string;
}

const testRefused = (name: string, text: string, { at, fact, hint }: Refusal) =>
  test(`${name}`, () => {
    const error = refusalOf(text);
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      message: `Failed to read config "mock.yaml:${at}": ${fact}`,
    });
    expect(error.hint).toBe(hint);
  });

testRefused('an unknown field is named with the nearest one', 'regin: x', {
  at: '1:1',
  fact: 'unknown field "regin"',
  hint: 'Did you mean "region"?',
});
testRefused('an unknown field of a user is found in its line', 'users:\n  - nam: cat\n    name: cat', {
  at: '2:5',
  fact: 'unknown field "nam" in "users"',
  hint: 'Did you mean "name"?',
});
testRefused('a field like no other lists the known ones', 'users:\n  - name: cat\n    favouriteColour: red', {
  at: '3:5',
  fact: 'unknown field "favouriteColour" in "users"',
  hint: 'Known fields: name, accessKeys.',
});
testRefused('a function needs a file or a response', 'functions:\n  - name: cat', {
  at: '2:5',
  fact: 'expected either "file" or "response" in "functions.0"',
});
testRefused(
  'a number out of range is found at its value',
  'functions:\n  - name: cat\n    response: 1\n    timeoutMs: 0',
  {
    at: '4:16',
    fact: 'too small: expected number to be >=1 in "functions.0.timeoutMs"',
  },
);
testRefused('an account must be in quotes', 'accountId: 1', {
  at: '1:12',
  fact: 'invalid input: expected string, received number in "accountId"',
});

test('text that is no YAML is found in its line', () => {
  expect(refusalOf('region: us-east-1\nusers: [').location).toMatchObject({ file: 'mock.yaml', line: 2 });
});

testRefused('a user may be there once', 'users:\n  - name: cat\n  - name: dog\n  - name: cat', {
  at: '4:11',
  fact: '"cat" is there twice in "users.2.name"',
});

testRefused('an unknown field of the instance is named with the nearest one', 'instance:\n  token: required', {
  at: '2:3',
  fact: 'unknown field "token" in "instance"',
  hint: 'Did you mean "tokens"?',
});
testRefused('an issuer is reached over https', 'oidcProviders:\n  - url: http://issuer.example', {
  at: '2:10',
  fact: 'expected an address that begins with https:// in "oidcProviders.0.url"',
});

test('a policy that IAM refuses is named with its role', async () => {
  const values = parseMockConfig('roles:\n  - name: gateway\n    trust: { Version: "2012-10-17" }', 'mock.yaml');
  const clock = createRealClock();
  const options = { clock, timeline: createTimeline(clock), random: createRandom('config') };
  await expect(startMockAwsServer({ ...options, config: { file: 'mock.yaml', values } })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: 'Failed to read config "mock.yaml": role "gateway": Syntax errors in policy.',
  });
});

const SECRET_KEY = `users:
  - name: cat
    accessKeys:
      - accessKeyId: AKIAIOSFODNN7EXAMPLE
        `;

const testHidden = (name: string, text: string, shown: string) =>
  test(`${name} shows in no message`, () => {
    const { message, hint, location } = refusalOf(text);
    expect(location?.snippet).toContain(shown);
    expect([message, hint, location?.snippet].join('\n')).not.toContain('hunter2');
  });

testHidden('the value of a misspelt secret', `${SECRET_KEY}secretAccesKey: hunter2`, 'secretAccesKey: (hidden)');
testHidden('the value of a secret under any other name', `${SECRET_KEY}pass: hunter2`, 'pass: (hidden)');
testHidden('a secret of the wrong kind', `${SECRET_KEY}secretAccessKey: { key: hunter2 }`, 'secretAccessKey: (hidden)');
testHidden('a secret in a line of its own', `${SECRET_KEY}secretAccessKey:\n          - hunter2`, '(hidden)');
testHidden('a secret in text that is no YAML', `users: [\nsecretAccessKey hunter2: :`, '(hidden)');
testHidden(
  'a password of a function',
  'functions:\n  - { name: cat, environment: { DB_PASSWORD: hunter2 }, respond: 1 }',
  '  2 |   - { name: cat, environment: { DB_PASSWORD: (hidden) }, respond: 1 }',
);

test('what is no secret is shown', () => {
  expect(refusalOf('region: nowhere').location?.snippet).toBe('  1 | region: nowhere\n    |         ^');
});

test('a file that is not there is unreadable', () => {
  expect(() => loadMockConfig('no-such-file.yaml')).toThrow(
    expect.objectContaining({
      code: 'UNREADABLE_FILE',
      message: 'Failed to read config "no-such-file.yaml": it does not exist',
    }),
  );
});
