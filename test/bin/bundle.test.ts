import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, so that it runs without a loader
import { findBundle as findBundleUntyped } from '../../bin/bundle.js';

const findBundle = findBundleUntyped as (root: string) => Promise<string>;
const require = createRequire(import.meta.url);
const roots: string[] = [];

function createProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'meshrig-bundle-'));
  roots.push(root);
  for (const folder of ['harness/cli', 'harness/parallel', 'scenarios/family', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'harness/cli/main.ts'), 'export const main: string = import.meta.url;\n');
  writeFileSync(join(root, 'harness/parallel/serve-scenarios.ts'), 'export const serveScenarios = async () => {};\n');
  writeFileSync(join(root, 'scenarios/family/one.ts'), "export default 'one';\n");
  writeFileSync(join(root, 'harness/words.ts'), "export const word = 'step';\n");
  writeFileSync(join(root, 'package.json'), '{ "exports": { "./words": { "types": "./harness/words.ts" } } }');
  symlinkSync(resolve('node_modules/esbuild'), join(root, 'node_modules/esbuild'));
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

test('sources are bundled once, with their scenarios, and know where they came from', async () => {
  const root = createProject();
  const folder = await findBundle(root);
  expect(await findBundle(root)).toBe(folder);
  const program = require(join(folder, 'program.cjs')) as {
    main: string;
    scenarios: Record<string, () => Promise<{ default: string }>>;
    modules: { words: { word: string } };
  };
  expect(program.modules.words.word).toBe('step');
  expect(program.main).toBe(pathToFileURL(join(root, 'harness/cli/main.ts')).href);
  expect(await program.scenarios['scenarios/family/one.ts']?.()).toMatchObject({ default: 'one' });
});

test('a changed source makes another bundle', async () => {
  const root = createProject();
  const before = await findBundle(root);
  utimesSync(join(root, 'scenarios/family/one.ts'), 1, 1);
  expect(await findBundle(root)).not.toBe(before);
});

test('only the newest bundles are kept', async () => {
  const root = createProject();
  for (let change = 1; change <= 5; change++) {
    utimesSync(join(root, 'harness/cli/main.ts'), change, change);
    await findBundle(root);
  }
  expect(readdirSync(join(root, 'node_modules/.cache/meshrig'))).toHaveLength(3);
});

test('sources that do not compile are refused, and nothing half-built is left', async () => {
  const root = createProject();
  writeFileSync(join(root, 'harness/cli/main.ts'), 'const = ;\n');
  await expect(findBundle(root)).rejects.toThrow('Build failed');
  expect(readdirSync(join(root, 'node_modules/.cache/meshrig'))).toEqual([]);
});
