import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { findBundle, IMPORT_FILE, PROGRAM } from './bundle.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Loads the command line: from the bundle, or from the sources where scenarios of another folder are asked for (they import
 * the sources, and one process must not hold both) and where no bundle can be written.
 *
 * @param {{ command: string, importsSources: boolean }} use
 */
export async function loadProgram({ command, importsSources }) {
  if (importsSources) return await loadSources();
  const folder = await findBundle(ROOT).catch(() => undefined);
  return folder === undefined ? await loadSources() : runBundle(folder, command);
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
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
  const importFile = async (file) => {
    const bundled = program.exports.scenarios[relative(ROOT, file)];
    return bundled === undefined ? await import(pathToFileURL(file).href) : await bundled();
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
