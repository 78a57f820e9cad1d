import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SOURCE_FOLDERS = ['core', 'xds', 'mock-aws', 'signing-proxy', 'control-plane', 'harness', 'scenarios'];
const SKIPPED_FOLDERS = new Set(['generator', 'node_modules']);
const CACHE = 'node_modules/.cache/meshrig';
/** The bundle's file in its folder. */
export const PROGRAM = 'program.cjs';
/** The name by which the bundle asks for `harness/import-file.ts`. */
export const IMPORT_FILE = 'meshrig:import-file';
/** A process that started before a change may still load chunks of the bundle before. */
const KEPT_BUNDLES = 3;

/**
 * The folder of a bundle of the sources as they are now; made when there is none yet. Loading a thousand small modules through a
 * loader takes seconds, loading the bundle a fraction of one.
 *
 * @param {string} root the project's folder
 * @returns {Promise<string>} rejects when the bundle cannot be built or written
 */
export async function findBundle(root) {
  const sources = SOURCE_FOLDERS.flatMap((folder) => listSources(root, folder));
  const folder = join(root, CACHE, createKey(root, sources));
  if (existsSync(folder)) return folder;
  await buildBundle(root, sources, folder);
  await removeOldBundles(dirname(folder));
  return folder;
}

function listSources(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listSources(root, path);
    return /\.(ts|js)$/.test(entry.name) ? [path] : [];
  });
}

/** Changes with every source, every installed package and the place of the project. */
function createKey(root, sources) {
  const hash = createHash('sha256').update(`${root}\n${process.version}\n`);
  for (const path of [...sources, 'bin/bundle.js', 'package.json', 'package-lock.json']) {
    const facts = statSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (facts !== undefined) hash.update(`${path} ${facts.mtimeMs} ${facts.size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function buildBundle(root, sources, folder) {
  const { build } = await import('esbuild');
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await build({
      absWorkingDir: root,
      stdin: { contents: createEntry(root, sources), resolveDir: root, loader: 'ts' },
      outfile: join(unfinished, PROGRAM),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minifyWhitespace: true,
      minifySyntax: true,
      charset: 'ascii',
      sourcemap: 'external',
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'silent',
      plugins: [KEEP_SOURCE_URLS, LEAVE_IMPORT_FILE_OUT],
    });
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have finished the same bundle first.
    if (!existsSync(folder)) throw error;
  }
}

/**
 * What scenarios of other folders import as `meshrig/<name>`: names and files of the project, from `exports` of its package.json.
 *
 * @returns {[name: string, path: string][]}
 */
export function listPublicModules(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports).map(([name, { types }]) => [name.slice('./'.length), types.slice('./'.length)]);
}

/** Scenarios are named at run time, so the bundle lists them. */
function createEntry(root, sources) {
  const scenarios = sources.filter((path) => path.startsWith('scenarios/'));
  const entries = scenarios.map((path) => `  '${path}': () => import('./${path}'),\n`);
  const modules = listPublicModules(root).map(
    ([name, path]) => `  get '${name}'() { return require('./${path}'); },\n`,
  );
  return `export { main } from './harness/cli/main.ts';
export const serveScenarios = async (port, options) => {
  await (await import('./harness/parallel/serve-scenarios.ts')).serveScenarios(port, options);
};
export const modules = {\n${modules.join('')}};\nexport const scenarios = {\n${entries.join('')}};\n`;
}

/** A compiled script cannot import files; whoever loads it can. */
const LEAVE_IMPORT_FILE_OUT = {
  name: 'leave-import-file-out',
  setup({ onResolve }) {
    onResolve({ filter: /\/import-file\.ts$/ }, () => ({ path: IMPORT_FILE, external: true }));
  },
};

/** A source that looks for files beside itself must find them beside itself. */
const KEEP_SOURCE_URLS = {
  name: 'keep-source-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (path.includes('/node_modules/') || !source.includes('import.meta.')) return undefined;
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
      return { contents, loader: 'ts' };
    });
  },
};

async function removeOldBundles(cache) {
  const folders = await readdir(cache);
  const aged = await Promise.all(folders.map(async (name) => ({ name, at: (await stat(join(cache, name))).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(KEPT_BUNDLES);
  for (const { name } of old) await rm(join(cache, name), { recursive: true, force: true });
}
