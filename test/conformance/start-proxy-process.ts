import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@bufbuild/protobuf';

/** A proxy in a process of its own. Disposing it ends the process. */
export interface ProxyProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written to its log so far. */
  log(): Buffer;
}

export interface ProxyCommand {
  readonly name: string;
  readonly file: string;
  /** The parameters before and after the path of the bootstrap file. */
  readonly parameters: (bootstrapFile: string) => readonly string[];
}

const MESHRIG = fileURLToPath(new URL('../../bin/meshrig.js', import.meta.url));
const START_LIMIT_MS = 20_000;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

/** Runs a command that ends when this process does, however it ends: the pipe to a watcher beside it closes then. */
const GUARDED = 'exec 3<&0; (cat <&3 >/dev/null; kill -9 $$) 2>/dev/null & exec "$@" 3<&- </dev/null';

/** A stock Envoy with one worker. A component given writes its debug lines. */
export function envoyCommand(binary: string, component?: string): ProxyCommand {
  const options = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning'];
  if (component !== undefined) options.push('--component-log-level', `${component}:debug`);
  return { name: 'Envoy', file: binary, parameters: (file) => ['-c', file, ...options] };
}

/** The signing proxy, imitating a dialect. A component given writes its debug lines. */
export function signingProxyCommand(dialect: string, component?: string): ProxyCommand {
  const levels = component === undefined ? 'warning' : `warning,${component}:debug`;
  return {
    name: 'the signing proxy',
    file: process.execPath,
    parameters: (file) => [MESHRIG, 'proxy', '--bootstrap', file, '--dialect', dialect, '--log-level', levels],
  };
}

/** Starts a proxy on a bootstrap. Resolves when `port` accepts connections; rejects with the log when it never does. */
export async function startProxyProcess(
  command: ProxyCommand,
  bootstrap: JsonObject,
  port: number,
): Promise<ProxyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'meshrig-conformance-'));
  const file = join(folder, 'bootstrap.json');
  await writeFile(file, JSON.stringify(bootstrap, undefined, 1));
  const child = spawn('sh', ['-c', GUARDED, 'sh', command.file, ...command.parameters(file)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...CREDENTIALS },
  });
  const log: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk));
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  };
  const started = await Promise.race([waitForPort(port), exited.then(() => false)]);
  if (!started) {
    await stop();
    throw new Error(`${command.name} did not start:\n${Buffer.concat(log).toString()}`);
  }
  return { pid: child.pid ?? 0, log: () => Buffer.concat(log), [Symbol.asyncDispose]: stop };
}

async function waitForPort(port: number): Promise<boolean> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit) {
    if (await isOpen(port)) return true;
    await sleep(20);
  }
  return false;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
