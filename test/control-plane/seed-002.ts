import { readFileSync } from 'node:fs';

/** Manifests of seed document 002 of one KubeCluster, joined, with `${VAR}` filled in. */
export function readSeed002(
  cluster: 'eks' | 'gke',
  files: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): string {
  const texts = files.map((file) =>
    readFileSync(new URL(`../../fixtures/seed-002/${cluster}/${file}.yaml`, import.meta.url), 'utf8'),
  );
  return texts.join('---\n').replace(/\$\{(\w+)\}/g, (reference, name: string) => variables[name] ?? reference);
}
