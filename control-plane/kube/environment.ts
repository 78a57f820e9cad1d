import { MeshrigError } from '#core/errors.ts';
import type { Kind, KubeObject } from './kinds.ts';
import type { ObjectStore } from './object-store.ts';
import type { Container } from './schemas/pod-template.ts';

/** What `fieldRef` can ask about a pod. */
export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Works out a container's environment as the kubelet does when it starts the container: later changes of a Secret reach
 * only containers started later.
 *
 * @throws {MeshrigError} `ENVIRONMENT` when a Secret, ConfigMap or key is missing, in the kubelet's words
 * (CreateContainerConfigError)
 */
export function resolveEnvironment(
  container: Container,
  pod: PodFacts,
  store: Pick<ObjectStore, 'get'>,
): Record<string, string> {
  const resolver = new EnvironmentResolver(container.name, pod, store);
  const environment: Record<string, string> = {};
  for (const source of container.envFrom ?? []) Object.assign(environment, resolver.readSource(source));
  for (const variable of container.env ?? []) {
    const value = resolver.readVariable(variable, environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

/** The entries of a Secret, decoded: `stringData` wins over `data`, as the API server merges them. */
export function readSecretData(secret: KubeObject<'Secret'>): Record<string, Buffer> {
  const decoded = Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  const plain = Object.entries(secret.stringData ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  return Object.fromEntries([...decoded, ...plain]);
}

type EnvironmentVariable = NonNullable<Container['env']>[number];
type EnvironmentSource = NonNullable<Container['envFrom']>[number];
type KeySelector = NonNullable<NonNullable<EnvironmentVariable['valueFrom']>['secretKeyRef']>;

class EnvironmentResolver {
  readonly #container: string;
  readonly #pod: PodFacts;
  readonly #store: Pick<ObjectStore, 'get'>;

  constructor(container: string, pod: PodFacts, store: Pick<ObjectStore, 'get'>) {
    this.#container = container;
    this.#pod = pod;
    this.#store = store;
  }

  readVariable(
    { value, valueFrom }: EnvironmentVariable,
    earlier: Readonly<Record<string, string>>,
  ): string | undefined {
    if (valueFrom?.secretKeyRef !== undefined) return this.#readKey('Secret', valueFrom.secretKeyRef);
    if (valueFrom?.configMapKeyRef !== undefined) return this.#readKey('ConfigMap', valueFrom.configMapKeyRef);
    if (valueFrom?.fieldRef !== undefined) return this.#readField(valueFrom.fieldRef.fieldPath);
    return expandReferences(value ?? '', earlier);
  }

  readSource({ prefix = '', secretRef, configMapRef }: EnvironmentSource): Record<string, string> {
    const secret = secretRef && this.#readEntries('Secret', secretRef);
    const configMap = configMapRef && this.#readEntries('ConfigMap', configMapRef);
    const entries = Object.entries({ ...secret, ...configMap });
    return Object.fromEntries(entries.map(([name, value]) => [`${prefix}${name}`, value]));
  }

  #readKey(kind: 'Secret' | 'ConfigMap', { name, key, optional }: KeySelector): string | undefined {
    const value = this.#readEntries(kind, { name, optional })[key];
    if (value === undefined && optional !== true) {
      throw this.#fail(`couldn't find key ${key} in ${kind} ${this.#pod.namespace}/${name}`);
    }
    return value;
  }

  #readEntries(
    kind: 'Secret' | 'ConfigMap',
    { name, optional }: { readonly name: string; readonly optional?: boolean | undefined },
  ): Readonly<Record<string, string>> {
    const entries = kind === 'Secret' ? this.#readSecret(name) : this.#readConfigMap(name);
    if (entries !== undefined) return entries;
    if (optional === true) return {};
    throw this.#fail(`${lowerCase(kind)} "${name}" not found`);
  }

  #readSecret(name: string): Record<string, string> | undefined {
    const secret = this.#store.get('Secret', name, this.#pod.namespace);
    if (secret === undefined) return undefined;
    return Object.fromEntries(Object.entries(readSecretData(secret)).map(([key, value]) => [key, value.toString()]));
  }

  #readConfigMap(name: string): Readonly<Record<string, string>> | undefined {
    const configMap = this.#store.get('ConfigMap', name, this.#pod.namespace);
    return configMap && (configMap.data ?? {});
  }

  #readField(path: string): string {
    const value = readField(path, this.#pod);
    if (value === undefined) throw this.#fail(`unsupported fieldPath "${path}"`);
    return value;
  }

  #fail(fact: string): MeshrigError {
    return new MeshrigError(
      'ENVIRONMENT',
      `Failed to start container "${this.#container}" of pod "${this.#pod.name}": ${fact}`,
    );
  }
}

/** A field of a pod as `fieldRef` names it: undefined when there is no such field, empty for a label that is not set. */
export function readField(path: string, pod: PodFacts): string | undefined {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'spec.serviceAccountName': pod.serviceAccount,
    'status.podIP': pod.ip,
    'status.hostIP': pod.ip,
  };
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (key === undefined) return fields[path];
  return (map === 'labels' ? pod.labels : pod.annotations)[key] ?? '';
}

/** Replaces `$(NAME)` by variables defined before; `$$` stands for one dollar sign. */
function expandReferences(value: string, earlier: Readonly<Record<string, string>>): string {
  return value.replace(/\$\$|\$\(([\w.-]+)\)/g, (reference: string, name: string | undefined) =>
    name === undefined ? '$' : (earlier[name] ?? reference),
  );
}

function lowerCase(kind: Kind): string {
  return kind.toLowerCase();
}
