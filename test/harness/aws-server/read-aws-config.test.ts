import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import { readAwsConfig } from '#harness/aws-server/read-aws-config.ts';

function writeConfig(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'aws.yaml');
  writeFileSync(file, text);
  return file;
}

/** The place and the words of the mistake that reading `config` finds. */
async function findMistake(config: string): Promise<string> {
  const error: unknown = await readAwsConfig(writeConfig(config)).catch((thrown: unknown) => thrown);
  if (!(error instanceof MeshrigError)) throw new TypeError('the config was read', { cause: error });
  const { code, message, location } = error;
  return `${code} ${location?.line}:${location?.column}  ${message}\n${location?.snippet}`;
}

test('reads users, keys and functions', async () => {
  const config = `
region: eu-central-1
accountId: '210987654321'
propagationDelay: 10s
users:
  gateway:
    accessKeys:
      - accessKeyId: AKIAIOSFODNN7EXAMPLE
        secretAccessKey: secret
functions:
  cat:
    file: ./cat.mjs
    timeout: 10s
`;
  expect(await readAwsConfig(writeConfig(config))).toMatchObject({
    region: 'eu-central-1',
    users: { gateway: { accessKeys: [{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }] } },
    functions: { cat: { file: './cat.mjs', timeout: '10s' } },
  });
});

test('an empty file is a config without wishes', async () => {
  expect(await readAwsConfig(writeConfig(''))).toEqual({});
});

test('an unknown field has a place and the nearest known one', async () => {
  expect(await findMistake('region: eu-central-1\nuser:\n  gateway: {}\n')).toBe(`\
INVALID_CONFIG 2:1  unknown field "user" in "config"
  1 | region: (hidden)
  2 | user: (hidden)
    | ^^^^ did you mean "users"?`);
});

test('a secret key is never shown, not even beside a mistake', async () => {
  const config = `
users:
  gateway:
    accessKeys:
      - accesKeyId: AKIAIOSFODNN7EXAMPLE
        secretAccessKey: wJalrXUtnFEMI
`;
  const mistake = await findMistake(config);
  expect(mistake).toContain('5:9  unknown field "accesKeyId"');
  expect(mistake).not.toContain('wJalr');
});

test('text that is no YAML has a place', async () => {
  expect(await findMistake('users: [\n')).toMatch(/^INVALID_CONFIG 2:1 {2}/);
});

test('a file that is not there says so', async () => {
  await expect(readAwsConfig('/no/such/file.yaml')).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    message: 'Failed to read file "/no/such/file.yaml": it does not exist',
  });
});
