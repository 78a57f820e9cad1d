import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readKustomization } from '#control-plane/kube/kustomization.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshrig-kustomize-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function mistake(): string {
  try {
    readKustomization(folder, folder);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'no mistake';
}

test('reads files and folders in the order of the list, with the namespace of each', () => {
  write({
    'kustomization.yaml': 'resources: [base, extra.yaml]\n',
    'extra.yaml': '# extra',
    'base/kustomization.yaml': 'namespace: base-ns\nresources: [one.yaml]\n',
    'base/one.yaml': '# one',
  });
  expect(readKustomization(folder, folder)).toEqual([
    { file: join('base', 'one.yaml'), text: '# one', namespace: 'base-ns' },
    { file: 'extra.yaml', text: '# extra' },
  ]);
});

test('names a file that is not there', () => {
  write({ 'kustomization.yaml': 'resources:\n  - one.yaml\n' });
  expect(mistake()).toBe(`kustomization.yaml:2:5  no file or folder "one.yaml"
  1 | resources:
  2 |   - one.yaml
    |     ^^^^^^^^`);
});

test('names an unknown field, and one that is not supported', () => {
  write({ 'kustomization.yaml': 'resorces: []\nresources: []\npatches: []\n' });
  expect(mistake()).toContain('kustomization.yaml:1:1  unknown field "resorces" in "Kustomization"');
  expect(mistake()).toContain('kustomization.yaml:3:1  field "patches" in "Kustomization" is not supported');
});

test('says when a folder has no kustomization', () => {
  expect(mistake()).toBe('Failed to read folder ".": it has no kustomization.yaml');
});
