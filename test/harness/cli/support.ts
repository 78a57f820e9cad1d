import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { main } from '#harness/cli/main.ts';
import { TextSink } from '../support/run-for-test.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const BIN = fileURLToPath(new URL('../../../bin/meshrig.js', import.meta.url));

/** Starts `bin/meshrig.js` as a user would; resolves when it has ended. */
export function startMeshrig(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder: string = process.cwd(),
) {
  const child = spawn(process.execPath, [BIN, ...parameters], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<CommandResult>((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return { child, ended, output };
}

/** The same command line without a process of its own. */
export async function runInProcess(...parameters: string[]): Promise<CommandResult> {
  const [stdout, stderr] = [new TextSink(), new TextSink()];
  const code = await main(parameters, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    readersGone: new AbortController().signal,
    environment: {},
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
