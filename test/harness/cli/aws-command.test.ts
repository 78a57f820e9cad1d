import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { main } from '#harness/cli/main.ts';
import { TextSink } from '../support/run-for-test.ts';
import { runInProcess, startMeshrig } from './support.ts';

/** Starts the server on a free port; resolves with the variables it printed. */
async function start(...parameters: string[]) {
  const { child, ended, output } = startMeshrig(['aws', '--port', '0', ...parameters]);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (output.stdout.includes('# try:')) resolve();
    });
  });
  const variables = Object.fromEntries(
    Array.from(output.stdout.matchAll(/^export (\w+)=(.+)$/gm), ([, name = '', value = '']) => [name, value]),
  );
  return { child, ended, output, variables };
}

test('prints what a client needs, tells what it answers and why, and stops on ctrl-c', async () => {
  const { child, ended, output, variables } = await start();
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = variables;
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = variables;
  const send = (secret: string) =>
    new STSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey: secret }, maxAttempts: 1 }).send(
      new GetCallerIdentityCommand({}),
    );
  expect(await send(secretAccessKey)).toMatchObject({ Account: '123456789012' });
  await expect(send('another secret')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130 });
  expect(output.stderr).toContain('200  sts  GetCallerIdentity\n403  sts  SignatureDoesNotMatch\n     Why    ');
  expect(output.stderr).not.toContain(secretAccessKey);
});

test('a reader that went away before it served stops it, exit 130', async () => {
  const io = { stdin: Readable.from([]), stdout: new TextSink(), stderr: new TextSink(), environment: {} };
  expect(await main(['aws', '--port', '0'], { ...io, readersGone: AbortSignal.abort() })).toBe(130);
});

test('a port that is no number, exit 2', async () => {
  expect(await runInProcess('aws', '--port', 'http')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Failed to read option "--port": "http" is not a number from 0 to 65535\nexit 2   wrong command line\n',
  });
});

function writeConfig(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'aws.yaml');
  writeFileSync(file, text);
  return file;
}

test('a mistake in the config is shown where it is, exit 3', async () => {
  const file = writeConfig('region: eu-west-1\nuser:\n  - name: gateway\n');
  expect(await runInProcess('aws', '--config', file)).toEqual({
    code: 3,
    stdout: '',
    stderr: `\
Failed to read config "${file}:2:1": unknown field "user"
  2 | user:
    | ^
Did you mean "users"?
exit 3   a config file is not valid; nothing was run
`,
  });
});

test('the user that the command makes cannot be in the config', async () => {
  const file = writeConfig('users: [{ name: meshrig }]');
  expect(await runInProcess('aws', '--config', file)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('user "meshrig" is the one that this command makes\nGive the user') as string,
  });
});

test('a config that is not there, exit 3', async () => {
  expect(await runInProcess('aws', '--config', '/no/such/file.yaml')).toEqual({
    code: 3,
    stdout: '',
    stderr: 'Failed to read config "/no/such/file.yaml": it does not exist\nexit 3   a file could not be read\n',
  });
});
