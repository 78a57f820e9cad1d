import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

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

/** A project of nothing but imports: a file per arrow that could be drawn. */
function createProbes(): string {
  const root = mkdtempSync(join(tmpdir(), 'meshrig-lint-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  copyFileSync('.oxlintrc.json', join(root, '.oxlintrc.json'));
  for (const folder of FOLDERS) {
    mkdirSync(join(root, folder));
    for (const target of FOLDERS) {
      if (target !== folder) writeFileSync(join(root, folder, `${target}.ts`), `import '#${target}/probe.ts';\n`);
    }
  }
  return root;
}

function lint(root: string): string {
  try {
    return execFileSync(resolve('node_modules/.bin/oxlint'), ['--format', 'unix'], { cwd: root, encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('the lint rule refuses every arrow that the design does not draw, and no other', () => {
  const findings = lint(createProbes());
  const refused = new Set(
    Array.from(
      findings.matchAll(/([a-z-]+)\/([a-z-]+)\.ts:.*no-restricted-imports/g),
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
