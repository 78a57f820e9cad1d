import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#core/clock.ts';
import { assignClusterIp } from './cluster-ip.ts';
import {
  namespaceOf,
  type Kind,
  type KubeObject,
  type Manifest,
  type ObjectRef,
  type StoredMetadata,
} from './kinds.ts';
import { matchesLabels } from './labels.ts';

/** What `apply` did to one object, in kubectl's words. */
export interface Applied {
  readonly action: 'created' | 'configured' | 'unchanged';
  readonly object: KubeObject;
}

export interface StoreChange {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: KubeObject;
}

interface ListFilter {
  /** Every namespace when left out. */
  readonly namespace?: string;
  /** Labels that an object must have. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * The objects of one KubeCluster. Reads are always current; whoever watches hears of a change at once. A Service that has
 * no address gets one, as the API server gives it.
 */
export interface ObjectStore {
  apply(manifest: Manifest): Applied;
  /** The object that was removed, or undefined if there was none. */
  delete(ref: ObjectRef): KubeObject | undefined;
  get<K extends Kind>(kind: K, name: string, namespace?: string): KubeObject<K> | undefined;
  /** Sorted by creation, then name, then namespace: the order in which Istio lets configuration win. */
  list<K extends Kind>(kind: K, filter?: ListFilter): KubeObject<K>[];
  watch(listener: (change: StoreChange) => void): Disposable;
}

export function createObjectStore(clock: Pick<Clock, 'now'>): ObjectStore {
  return new MemoryObjectStore(clock);
}

class MemoryObjectStore implements ObjectStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #lastVersion = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  apply(given: Manifest): Applied {
    const manifest = given.kind === 'Service' ? this.#giveAddress(given) : given;
    const key = keyOf(manifest.kind, manifest.metadata.name, manifest.metadata.namespace);
    const existing = this.#objects.get(key);
    if (existing === undefined) {
      const creationTimestamp = toTimestamp(this.#clock.now());
      const object = complete(manifest, { creationTimestamp, resourceVersion: this.#nextVersion() });
      this.#put(key, 'added', object);
      return { action: 'created', object };
    }
    if (isDeepStrictEqual(existing, complete(manifest, existing.metadata))) {
      return { action: 'unchanged', object: existing };
    }
    const object = complete(manifest, { ...existing.metadata, resourceVersion: this.#nextVersion() });
    this.#put(key, 'modified', object);
    return { action: 'configured', object };
  }

  delete({ kind, name, namespace }: ObjectRef): KubeObject | undefined {
    const key = keyOf(kind, name, namespace);
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    this.#tell({ type: 'deleted', object });
    return object;
  }

  get<K extends Kind>(kind: K, name: string, namespace?: string): KubeObject<K> | undefined {
    // The compiler cannot tie what a key leads to back to the kind in it.
    return this.#objects.get(keyOf(kind, name, namespace)) as KubeObject<K> | undefined;
  }

  list<K extends Kind>(kind: K, filter: ListFilter = {}): KubeObject<K>[] {
    const ofKind = [...this.#objects.values()].filter((object) => object.kind === kind) as KubeObject<K>[];
    return ofKind
      .filter(({ metadata }) => filter.namespace === undefined || metadata.namespace === filter.namespace)
      .filter(({ metadata }) => matchesLabels(filter.labels ?? {}, metadata.labels))
      .toSorted(byCreation);
  }

  watch(listener: (change: StoreChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #giveAddress(service: Manifest<'Service'>): Manifest<'Service'> {
    const { name, namespace } = service.metadata;
    const given = this.get('Service', name, namespace)?.spec.clusterIP;
    if (given !== undefined) return { ...service, spec: { clusterIP: given, ...service.spec } };
    const taken = new Set(this.list('Service').map(({ spec }) => spec.clusterIP));
    return assignClusterIp(service, namespaceOf('Service', namespace), (address) => taken.has(address));
  }

  #put(key: string, type: 'added' | 'modified', object: KubeObject): void {
    this.#objects.set(key, object);
    this.#tell({ type, object });
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #nextVersion(): string {
    return String((this.#lastVersion += 1));
  }
}

function complete(
  manifest: Manifest,
  { creationTimestamp, resourceVersion }: Pick<StoredMetadata, 'creationTimestamp' | 'resourceVersion'>,
): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = manifest.metadata;
  const ofUser = { name, namespace: namespaceOf(manifest.kind, namespace), labels, annotations };
  return { ...manifest, metadata: { ...ofUser, creationTimestamp, resourceVersion } };
}

function keyOf(kind: Kind, name: string, namespace: string | undefined): string {
  return `${kind}/${namespaceOf(kind, namespace)}/${name}`;
}

function toTimestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}

interface HasMetadata {
  readonly metadata: StoredMetadata;
}

function byCreation({ metadata: a }: HasMetadata, { metadata: b }: HasMetadata): number {
  return (
    compare(a.creationTimestamp, b.creationTimestamp) || compare(a.name, b.name) || compare(a.namespace, b.namespace)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
