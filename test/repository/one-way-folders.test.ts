import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const FOLDERS = ['core', 'xds', 'mock-aws', 'signing-proxy', 'control-plane', 'harness', 'scenarios'] as const;
type Folder = (typeof FOLDERS)[number];

/** What each folder may import besides itself: the arrows of the design. */
const ALLOWED: Readonly<Record<Folder, readonly Folder[]>> = {
  core: [],
  xds: ['core'],
  'mock-aws': ['core'],
  'signing-proxy': ['xds', 'core'],
  'control-plane': ['xds', 'core'],
  harness: ['control-plane', 'signing-proxy', 'mock-aws', 'xds', 'core'],
  scenarios: ['harness'],
};

const PROBE_FOLDER = 'lint-probe';

function lintProbes(): string {
  for (const folder of FOLDERS) {
    mkdirSync(`${folder}/${PROBE_FOLDER}`, { recursive: true });
    for (const target of FOLDERS) {
      if (target !== folder) writeFileSync(`${folder}/${PROBE_FOLDER}/${target}.ts`, `import '#${target}/probe.ts';\n`);
    }
  }
  const probes = FOLDERS.map((folder) => `${folder}/${PROBE_FOLDER}`);
  try {
    return execFileSync('node_modules/.bin/oxlint', ['--format', 'unix', ...probes], { encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

function removeProbes(): void {
  for (const folder of FOLDERS) rmSync(`${folder}/${PROBE_FOLDER}`, { recursive: true, force: true });
}

afterAll(removeProbes);

test('the lint rule refuses every arrow that the design does not draw, and no other', () => {
  const findings = lintProbes();
  removeProbes();
  const refused = new Set(
    Array.from(
      findings.matchAll(/([a-z-]+)\/lint-probe\/([a-z-]+)\.ts:.*no-restricted-imports/g),
      ([, from, to]) => `${from} -> ${to}`,
    ),
  );
  const expected = FOLDERS.flatMap((from) =>
    FOLDERS.filter((to) => to !== from && !ALLOWED[from].includes(to)).map((to) => `${from} -> ${to}`),
  );
  expect(Array.from(refused).toSorted()).toEqual(expected.toSorted());
});

test('relative imports stay inside their folder', () => {
  const strays: string[] = [];
  for (const folder of FOLDERS) {
    for (const file of listSources(folder)) {
      for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
        const resolved = normalize(join(dirname(file), target ?? ''));
        if (!resolved.startsWith(`${folder}/`)) strays.push(`${file} -> ${target}`);
      }
    }
  }
  expect(strays).toEqual([]);
});

function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('generat') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}
