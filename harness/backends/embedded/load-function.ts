import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { trackComputation, type Clock } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import type { NewFunction } from '#mock-aws/lambda/lambda-function.ts';
import { importFile } from '../../import-file.ts';
import type { FunctionHandler, FunctionOptions } from '../../topology.ts';

type FunctionCode = Pick<NewFunction, 'code' | 'handler' | 'runtime'>;

/**
 * The code of a function: a handler in this process, or a Python file for a process of its own.
 *
 * @throws MeshrigError `INVALID_SCENARIO` when a module exports no handler
 */
export async function loadFunction(name: string, options: FunctionOptions, clock: Clock): Promise<FunctionCode> {
  if ('handler' in options) return { code: options.handler };
  if (options.file.endsWith('.py')) return readPythonFunction(options.file);
  return { code: await importHandler(name, options.file, clock) };
}

/** Imported before the scenario starts: a loader works on another thread, which virtual time does not see. */
async function importHandler(name: string, file: string, clock: Clock): Promise<FunctionHandler> {
  const loaded = await trackComputation(clock, () => importFile(file) as Promise<{ handler?: unknown }>);
  if (typeof loaded.handler === 'function') return loaded.handler as FunctionHandler;
  throw new MeshrigError(
    'INVALID_SCENARIO',
    `Failed to create function "${name}": ${file} exports no function "handler"`,
  );
}

function readPythonFunction(file: string): FunctionCode {
  const source = readFileSync(file);
  const sha256 = createHash('sha256').update(source).digest('base64');
  return {
    code: { files: new Map([[basename(file), source]]), sha256, size: source.length },
    handler: `${basename(file, '.py')}.lambda_handler`,
    runtime: 'python3.12',
  };
}
