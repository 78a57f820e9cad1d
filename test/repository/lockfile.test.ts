import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface LockEntry {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const LOCKFILES = ['package-lock.json', 'xds/generator/package-lock.json'];

function readEntries(file: string): Record<string, LockEntry> {
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> };
  return lockfile.packages;
}

/** Where Node looks for `name` from the folder of a package: its own node_modules, then those of its parents. */
function findEntry(entries: Record<string, LockEntry>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (candidate in entries) return candidate;
    if (folder === '') return undefined;
  }
}

test.each(LOCKFILES)('%s holds no registry addresses', (file) => {
  const withAddress = Object.entries(readEntries(file)).filter(([, entry]) => entry.resolved !== undefined);
  expect(withAddress.map(([name]) => name)).toEqual([]);
});

test.each(LOCKFILES)('%s is complete for every platform', (file) => {
  const entries = readEntries(file);
  const missing: string[] = [];
  for (const [folder, entry] of Object.entries(entries)) {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (findEntry(entries, folder, name) === undefined) missing.push(`${name}, wanted by ${folder}`);
    }
  }
  expect(missing).toEqual([]);
});
