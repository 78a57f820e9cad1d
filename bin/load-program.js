import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findBundle } from './bundle.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Loads the command line: from the bundle, or from the sources where scenarios of another folder are asked for (they import
 * the sources, and one process must not hold both) and where no bundle can be written.
 *
 * @param {readonly string[]} parameters
 */
export async function loadProgram(parameters) {
  if (parameters.includes('--scenarios')) return await loadSources();
  const folder = await findBundle(ROOT).catch(() => undefined);
  if (folder === undefined) return await loadSources();
  const importBundled = (path) => import(pathToFileURL(join(folder, path.replace(/\.ts$/, '.js'))).href);
  const { main } = await importBundled('harness/cli/main.ts');
  return { main, importModule: (file) => importBundled(relative(ROOT, file)) };
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import('../harness/cli/main.ts');
  return { main, importModule: (file) => import(pathToFileURL(file).href) };
}
