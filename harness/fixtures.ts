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

/** One manifest file of `fixtures/`, as `kubectl apply -f` takes it. */
export function manifest(file: string): ManifestSource {
  return { file: `fixtures/${file}`, text: readFileSync(join(FIXTURES, file), 'utf8') };
}

/** The function in `fixtures/functions/<name>.mjs`; its `handler` runs in this process, in virtual time. */
export function lambdaFunction(name: string): FunctionOptions {
  return { file: join(FIXTURES, 'functions', `${name}.mjs`) };
}

/** The Secret that a pod template takes an access key from, as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. */
export function accessKeySecret(name: string, key: KnownAccessKey): ManifestSource {
  const text = [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${name}`,
    '  namespace: default',
    'stringData:',
    `  AWS_ACCESS_KEY_ID: ${JSON.stringify(key.accessKeyId)}`,
    `  AWS_SECRET_ACCESS_KEY: ${JSON.stringify(key.secretAccessKey)}`,
    '',
  ].join('\n');
  return { file: `Secret "${name}"`, text };
}
