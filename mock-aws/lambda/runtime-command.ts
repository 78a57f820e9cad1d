import { fileURLToPath } from 'node:url';

/** A program and its arguments. */
export interface RuntimeCommand {
  readonly file: string;
  readonly arguments: readonly string[];
}

const NODE_BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
const PYTHON_BOOTSTRAP = fileURLToPath(new URL('bootstrap.py', import.meta.url));

/** How a function process of a runtime (`nodejs20.x`, `python3.12`) starts; whatever release this machine has runs it. */
export function createRuntimeCommand(runtime: string, memoryMb: number): RuntimeCommand {
  // Without `-B` Python would write beside the function, and beside its own bootstrap.
  if (runtime.startsWith('python')) return { file: 'python3', arguments: ['-B', '-u', PYTHON_BOOTSTRAP] };
  return { file: process.execPath, arguments: [`--max-old-space-size=${memoryMb}`, NODE_BOOTSTRAP] };
}
