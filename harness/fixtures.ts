import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readKustomization } from '#control-plane/kube/kustomization.ts';
import type { FunctionOptions, KnownAccessKey, ManifestSource } from './topology.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIXTURES = join(ROOT, 'fixtures');

/** Where something lies: a path in `fixtures/`, or a URL, such as `new URL('gateway.yaml', import.meta.url)` beside a scenario. */
type Place = string | URL;

/**
 * The manifests that the kustomization of a folder lists, in its order, as `kubectl apply -k` takes them.
 *
 * @throws MeshrigError `INVALID_MANIFEST` or `UNREADABLE_FILE`
 */
export function kustomization(folder: Place): readonly ManifestSource[] {
  return readKustomization(findPath(folder), findBase(folder));
}

/**
 * One manifest file, as `kubectl apply -f` takes it.
 *
 * @param variables what the shell of the document puts in for `${NAME}`
 */
export function manifest(file: Place, variables: Readonly<Record<string, string>> = {}): ManifestSource {
  const path = findPath(file);
  const text = readFileSync(path, 'utf8');
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (written, name: string) => variables[name] ?? written);
  return { file: relative(findBase(file), path), text: filled };
}

function findPath(place: Place): string {
  return typeof place === 'string' ? join(FIXTURES, place) : fileURLToPath(place);
}

/** What paths in messages start from: the project for its own files, the working directory for the user's. */
function findBase(place: Place): string {
  return typeof place === 'string' ? ROOT : process.cwd();
}

/** The lines of a table that a document shows, without the spaces at their ends. */
export function tableLines(file: string): readonly string[] {
  return readFileSync(join(FIXTURES, file), 'utf8').trimEnd().split(/ *\n/);
}

/** The function in `fixtures/functions/<name>.mjs`, or at a URL; its `handler` runs in this process, in virtual time. */
export function lambdaFunction(place: Place): FunctionOptions {
  return { file: typeof place === 'string' ? findPath(`functions/${place}.mjs`) : findPath(place) };
}

/** The function in a Python file, as AWS would run it. It needs `python3`. */
export function pythonFunction(place: Place): FunctionOptions {
  return { file: findPath(place) };
}

/** The Secret that a pod template takes an access key from, as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. */
export function accessKeySecret(name: string, key: KnownAccessKey): ManifestSource {
  const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = key;
  return genericSecret({ namespace: 'default', name }, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
}

/** What `kubectl create namespace` makes. */
export function namespace(name: string): ManifestSource {
  return { file: `Namespace "${name}"`, text: `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n` };
}

/** What `kubectl create secret generic` makes of texts. */
export function genericSecret(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  texts: Readonly<Record<string, string>>,
): ManifestSource {
  const text = [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    'stringData:',
    ...Object.entries(texts).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    '',
  ].join('\n');
  return { file: `Secret "${name}"`, text };
}
