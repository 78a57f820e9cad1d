import { readField, readSecretData, type PodFacts } from '#control-plane/kube/environment.ts';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import { MeshrigError } from '#core/errors.ts';
import type { FieldSource, ObjectSource, VolumeSource } from './volume-source.ts';

export type VolumeFiles = ReadonlyMap<string, Buffer>;

/** Where a volume's content comes from. */
export interface VolumeContext {
  readonly volume: string;
  readonly pod: PodFacts;
  readonly store: Pick<ObjectStore, 'get'>;
}

type Entry = readonly [path: string, content: Buffer];

/**
 * The files of a volume as its objects are now, without tokens.
 *
 * @throws MeshrigError `ENVIRONMENT` when a Secret, ConfigMap or key is missing, in the kubelet's words
 */
export function fillVolume(sources: readonly VolumeSource[], context: VolumeContext): VolumeFiles {
  return new Map(
    sources.flatMap((source): Entry[] => {
      if (source.kind === 'token') return [];
      return source.kind === 'fields' ? readFields(source, context) : readObject(source, context);
    }),
  );
}

function readFields({ items }: FieldSource, context: VolumeContext): Entry[] {
  return items.map(({ path, fieldRef }) => {
    const text = fieldRef && readField(fieldRef.fieldPath, context.pod);
    if (fieldRef !== undefined && text === undefined)
      throw createFailure(context, `unsupported fieldPath "${fieldRef.fieldPath}"`);
    return [path, Buffer.from(text ?? '')];
  });
}

function readObject({ kind, name, items, isOptional }: ObjectSource, context: VolumeContext): Entry[] {
  const entries = kind === 'Secret' ? readSecret(name, context) : readConfigMap(name, context);
  if (entries === undefined) {
    if (isOptional) return [];
    throw createFailure(context, `${kind.toLowerCase()} "${name}" not found`);
  }
  if (items === undefined) return Object.entries(entries);
  return items.flatMap(({ key, path }): Entry[] => {
    const content = entries[key];
    if (content !== undefined) return [[path, content]];
    if (isOptional) return [];
    throw createFailure(context, `references non-existent ${kind.toLowerCase()} key: ${key}`);
  });
}

function readSecret(name: string, { store, pod }: VolumeContext): Readonly<Record<string, Buffer>> | undefined {
  const secret = store.get('Secret', name, pod.namespace);
  return secret && readSecretData(secret);
}

function readConfigMap(name: string, { store, pod }: VolumeContext): Readonly<Record<string, Buffer>> | undefined {
  const configMap = store.get('ConfigMap', name, pod.namespace);
  return configMap && readConfigMapData(configMap);
}

function readConfigMapData({ data = {}, binaryData = {} }: KubeObject<'ConfigMap'>): Record<string, Buffer> {
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
  const binaries = Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
  return Object.fromEntries([...texts, ...binaries]);
}

function createFailure({ volume, pod }: VolumeContext, fact: string): MeshrigError {
  return new MeshrigError(
    'ENVIRONMENT',
    `Failed to start pod "${pod.name}": MountVolume.SetUp failed for volume "${volume}" : ${fact}`,
  );
}
