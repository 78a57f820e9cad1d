import type { DownwardItem, KeyToPath, Volume } from '#control-plane/kube/schemas/volumes.ts';

/** The entries of a Secret or ConfigMap as files. */
export interface ObjectSource {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Which keys, and where to; left out, every key becomes a file of its name. */
  readonly items: readonly KeyToPath[] | undefined;
  /** Whether what is missing is left out instead of keeping the pod from starting. */
  readonly isOptional: boolean;
}

/** A service account's token for one audience. */
export interface TokenSource {
  readonly kind: 'token';
  /** Default: the API server's own. */
  readonly audience: string | undefined;
  readonly lifeSeconds: number;
  readonly path: string;
}

/** Fields of the pod as files. */
export interface FieldSource {
  readonly kind: 'fields';
  readonly items: readonly DownwardItem[];
}

export type VolumeSource = ObjectSource | TokenSource | FieldSource;

const DEFAULT_TOKEN_LIFE_SECONDS = 3_600;

/** What a volume is filled from; nothing for those that start empty. */
export function listVolumeSources({ secret, configMap, projected, downwardAPI }: Volume): readonly VolumeSource[] {
  return [
    ...(secret === undefined ? [] : [createObjectSource('Secret', { ...secret, name: secret.secretName })]),
    ...(configMap === undefined ? [] : [createObjectSource('ConfigMap', configMap)]),
    ...(downwardAPI === undefined ? [] : [createFieldSource(downwardAPI)]),
    ...(projected?.sources ?? []).flatMap(listProjectedSources),
  ];
}

type ProjectedSource = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

function listProjectedSources(source: ProjectedSource): VolumeSource[] {
  const { secret, configMap, serviceAccountToken: token, downwardAPI } = source;
  return [
    ...(secret === undefined ? [] : [createObjectSource('Secret', secret)]),
    ...(configMap === undefined ? [] : [createObjectSource('ConfigMap', configMap)]),
    ...(downwardAPI === undefined ? [] : [createFieldSource(downwardAPI)]),
    ...(token === undefined ? [] : [createTokenSource(token)]),
  ];
}

function createObjectSource(
  kind: ObjectSource['kind'],
  { name, items, optional }: NonNullable<ProjectedSource['secret']>,
): ObjectSource {
  return { kind, name, items, isOptional: optional === true };
}

function createFieldSource({ items = [] }: NonNullable<Volume['downwardAPI']>): FieldSource {
  return { kind: 'fields', items };
}

function createTokenSource({
  audience,
  expirationSeconds,
  path,
}: NonNullable<ProjectedSource['serviceAccountToken']>): TokenSource {
  return { kind: 'token', audience, lifeSeconds: expirationSeconds ?? DEFAULT_TOKEN_LIFE_SECONDS, path };
}
