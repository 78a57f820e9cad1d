import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { MeshrigError } from '#core/errors.ts';
import { explainIssue } from './explain-issue.ts';
import { throwProblems, type ManifestProblem } from './manifest-problem.ts';
import type { ManifestSource } from './parse-manifest.ts';
import { unchecked, unsupported } from './schemas/common.ts';
import { createSourceMap, explainSyntax, type SourceMap } from './source-map.ts';

const FILE_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1').optional(),
  kind: z.literal('Kustomization').optional(),
  metadata: unchecked,
  resources: z.array(z.string()),
  namespace: z.string().optional(),
  commonAnnotations: unsupported(),
  commonLabels: unsupported(),
  components: unsupported(),
  configMapGenerator: unsupported(),
  generatorOptions: unsupported(),
  images: unsupported(),
  labels: unsupported(),
  namePrefix: unsupported(),
  nameSuffix: unsupported(),
  patches: unsupported(),
  patchesJson6902: unsupported(),
  patchesStrategicMerge: unsupported(),
  replicas: unsupported(),
  secretGenerator: unsupported(),
});

/**
 * Reads the manifests that a folder's `kustomization.yaml` lists, in its order; a listed folder is read the same way.
 * Files are named relative to `base` in error messages.
 *
 * @throws {ManifestError} `INVALID_MANIFEST` when the list itself is wrong or names a file that is not there
 * @throws {MeshrigError} `UNREADABLE_FILE` when the folder has no kustomization
 */
export function readKustomization(folder: string, base: string = process.cwd()): ManifestSource[] {
  const file = findKustomizationFile(folder, base);
  const { resources, namespace, source } = parseKustomization(relative(base, file), readFileSync(file, 'utf8'));
  throwProblems(resources.flatMap((resource, index) => explainMissingFile(folder, resource, { source, index })));
  return resources
    .map((resource) => join(folder, resource))
    .flatMap((path) => (statSync(path).isDirectory() ? readKustomization(path, base) : [readSource(path, base)]))
    .map((manifest) => (namespace === undefined ? manifest : { ...manifest, namespace }));
}

function findKustomizationFile(folder: string, base: string): string {
  const found = FILE_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const shown = relative(base, folder) || '.';
  throw new MeshrigError('UNREADABLE_FILE', `Failed to read folder "${shown}": it has no kustomization.yaml`);
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly namespace: string | undefined;
  readonly source: SourceMap;
}

function parseKustomization(file: string, text: string): Kustomization {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source = createSourceMap({ file, text, document, lines, holdsSecret: false });
  const syntaxProblem = explainSyntax(document, source);
  throwProblems(syntaxProblem === undefined ? [] : [syntaxProblem]);
  const result = kustomizationSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  const checked = { source, schema: kustomizationSchema, kind: 'Kustomization', root: [], holdsSecret: false };
  throwProblems(result.error?.issues.flatMap((issue) => explainIssue(issue, checked)) ?? []);
  const { resources = [], namespace } = result.data ?? {};
  return { resources, namespace, source };
}

function explainMissingFile(
  folder: string,
  resource: string,
  { source, index }: { readonly source: SourceMap; readonly index: number },
): ManifestProblem[] {
  if (existsSync(join(folder, resource))) return [];
  return [{ location: source.locateValue(['resources', index]), text: `no file or folder "${resource}"` }];
}

function readSource(path: string, base: string): ManifestSource {
  return { file: relative(base, path), text: readFileSync(path, 'utf8') };
}
