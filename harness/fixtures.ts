import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readKustomization } from '#control-plane/kube/kustomization.ts';
import type { FunctionOptions, KnownAccessKey, ManifestSource } from './topology.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIXTURES = join(ROOT, 'fixtures');

/**
 * The manifests that `fixtures/<folder>/kustomization.yaml` lists, in its order, as `kubectl apply -k` takes them.
 *
 * @throws MeshrigError `INVALID_MANIFEST` or `UNREADABLE_FILE`
 */
export function kustomization(folder: string): readonly ManifestSource[] {
  return readKustomization(join(FIXTURES, folder), ROOT);
}

/**
 * One manifest file of `fixtures/`, as `kubectl apply -f` takes it.
 *
 * @param variables what the shell of the document puts in for `${NAME}`
 */
export function manifest(file: string, variables: Readonly<Record<string, string>> = {}): ManifestSource {
  const text = readFileSync(join(FIXTURES, file), 'utf8');
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (written, name: string) => variables[name] ?? written);
  return { file: `fixtures/${file}`, text: filled };
}

/** The lines of a table that a document shows, without the spaces at their ends. */
export function tableLines(file: string): readonly string[] {
  return readFileSync(join(FIXTURES, file), 'utf8').trimEnd().split(/ *\n/);
}

/** The function in `fixtures/functions/<name>.mjs`; its `handler` runs in this process, in virtual time. */
export function lambdaFunction(name: string): FunctionOptions {
  return { file: join(FIXTURES, 'functions', `${name}.mjs`) };
}

/** The function in a Python file of `fixtures/`, as AWS would run it. It needs `python3`. */
export function pythonFunction(file: string): FunctionOptions {
  return { file: join(FIXTURES, file) };
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
