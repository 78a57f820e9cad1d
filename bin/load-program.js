import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { findBundle, IMPORT_FILE, listPublicModules, PROGRAM } from './bundle.js';
import { limitOptimizing } from './limit-optimizing.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where `bin/exports/` finds the modules of the program that runs: one process must not hold two copies of them. */
const MODULES = Symbol.for('meshrig.modules');

/**
 * Loads the command line: from the bundle, or from the sources where no bundle can be written, and for scenarios that lie in this
 * project without being in the bundle, because they import the sources.
 *
 * @param {{ command: string, scenarios: string | undefined }} use the folder of scenarios that was asked for, if any
 */
export async function loadProgram({ command, scenarios }) {
  if (command === 'run') limitOptimizing();
  if (scenarios !== undefined && isWithin(ROOT, resolve(scenarios))) return await loadSources();
  const folder = await findBundle(ROOT).catch(() => undefined);
  return folder === undefined ? await loadSources() : runBundle(folder, command);
}

function isWithin(folder, path) {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

/** Lets Node import TypeScript from now on, whatever `type` its package.json says. */
async function registerTypeScript() {
  const [forModules, forCommonJs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')]);
  forModules.register();
  forCommonJs.register();
}

async function loadSources() {
  await registerTypeScript();
  const modules = listPublicModules(ROOT).map(async ([name, path]) => [name, await import(`../${path}`)]);
  globalThis[MODULES] = Object.fromEntries(await Promise.all(modules));
  const { main } = await import('../harness/cli/main.ts');
  const serveScenarios = async (port, options) => {
    const serve = await import('../harness/parallel/serve-scenarios.ts');
    await serve.serveScenarios(port, options);
  };
  return { main, serveScenarios, finish: () => {} };
}

/**
 * Node keeps compiled code of modules from version 22 on; on 20 a script can, one store for each command. The bundle is ASCII: read as
 * Latin-1 it needs no decoding, and V8 keeps one byte a character.
 */
function runBundle(folder, command) {
  const file = join(folder, PROGRAM);
  const compiledFile = join(folder, `${command.replace(/[^a-z]/g, '')}.compiled`);
  const compiled = readIfThere(compiledFile);
  // A request passes many small functions of a proxy. V8 inlines more of them than its default, which costs a tenth of the speed.
  if (command === 'proxy') setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
  // What signing-proxy/routing/regex.ts sets: code compiled under other flags is thrown away.
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  const text = `(function (exports, require, module) {\n${readFileSync(file, 'latin1')}\n})`;
  const script = new Script(text, { filename: file, lineOffset: -1, ...(compiled && { cachedData: compiled }) });
  const program = { exports: {} };
  script.runInThisContext()(program.exports, createBundleRequire(program), program);
  globalThis[MODULES] = program.exports.modules;
  const isCompiled = compiled !== undefined && script.cachedDataRejected === false;
  return {
    main: program.exports.main,
    serveScenarios: program.exports.serveScenarios,
    finish: () => {
      if (!isCompiled) writeIfPossible(compiledFile, script.createCachedData());
    },
  };
}

/** Gives the bundle Node's own modules, and the one module that must import files for real. */
function createBundleRequire(program) {
  const require = createRequire(import.meta.url);
  let canImportTypeScript;
  const importFile = async (file) => {
    const bundled = program.exports.scenarios[relative(ROOT, file)];
    if (bundled !== undefined) return await bundled();
    if (file.endsWith('.ts')) await (canImportTypeScript ??= registerTypeScript());
    return await import(pathToFileURL(file).href);
  };
  return (name) => (name === IMPORT_FILE ? { importFile } : require(name));
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function writeIfPossible(file, data) {
  try {
    writeFileSync(file, data);
  } catch {
    // A cache that cannot be kept costs time, nothing else.
  }
}
