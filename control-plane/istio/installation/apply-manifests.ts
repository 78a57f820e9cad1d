import type { KubeObject, Manifest } from '../../kube/kinds.ts';
import type { Applied, ObjectStore } from '../../kube/object-store.ts';
import { createInstalledObjects, OWNER_LABEL } from './installed-objects.ts';

export interface AppliedManifests {
  readonly applied: Applied[];
  /** What an earlier form of an IstioOperator had installed and this one does not. */
  readonly deleted: KubeObject[];
}

const INSTALLED_KINDS = ['Deployment', 'Service', 'ServiceAccount'] as const;

/**
 * Applies objects in order. An IstioOperator is carried out as `istioctl install` does: with the objects that it stands
 * for, and without those that it no longer does.
 *
 * @param revision for IstioOperators that name none
 */
export function applyManifests(
  manifests: readonly Manifest[],
  store: ObjectStore,
  revision: string | undefined,
): AppliedManifests {
  const applied: Applied[] = [];
  const deleted: KubeObject[] = [];
  for (const manifest of manifests) {
    if (manifest.kind !== 'IstioOperator') {
      applied.push(store.apply(manifest));
      continue;
    }
    const operator = revise(manifest, revision);
    const installed = [operator, ...createInstalledObjects(operator)].map((object) => store.apply(object));
    applied.push(...installed);
    deleted.push(...prune(operator.metadata.name, installed, store));
  }
  return { applied, deleted };
}

function revise(operator: Manifest<'IstioOperator'>, revision: string | undefined): Manifest<'IstioOperator'> {
  if (revision === undefined || operator.spec.revision !== undefined) return operator;
  return { ...operator, spec: { ...operator.spec, revision } };
}

function prune(owner: string, installed: readonly Applied[], store: ObjectStore): KubeObject[] {
  const kept = new Set(installed.map(({ object }) => object));
  const owned = INSTALLED_KINDS.flatMap((kind): KubeObject[] => store.list(kind, { labels: { [OWNER_LABEL]: owner } }));
  const stale = owned.filter((object) => !kept.has(object));
  for (const { kind, metadata } of stale) store.delete({ kind, ...metadata });
  return stale;
}
