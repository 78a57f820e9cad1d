import { matchesLabels } from '../kube/labels.ts';

type Labels = Readonly<Record<string, string>>;

/** Objects of one kind, oldest first, and the labels that each selects workloads by. */
export interface ScopedObjects<T> {
  readonly objects: readonly T[];
  readonly labelsOf: (object: T) => Labels | undefined;
  readonly rootNamespace: string;
}

/** What applies to a workload, from near to far: of each the oldest. */
export interface Scoped<T> {
  /** The one that selects it by its labels. */
  readonly ofWorkload: T | undefined;
  /** The one for all workloads of its namespace. */
  readonly ofNamespace: T | undefined;
  /** The one for all workloads of the mesh: in the root namespace. */
  readonly ofMesh: T | undefined;
}

/** Finds what applies to a workload of the kinds that a mesh, a namespace and a workload can each have one of. */
export function findScoped<T extends { readonly metadata: { readonly namespace: string } }>(
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
  { objects, labelsOf, rootNamespace }: ScopedObjects<T>,
): Scoped<T> {
  const isForAll = (object: T) => Object.keys(labelsOf(object) ?? {}).length === 0;
  const own = objects.filter(({ metadata }) => metadata.namespace === namespace);
  return {
    ofWorkload: own.find((object) => !isForAll(object) && matchesLabels(labelsOf(object) ?? {}, labels)),
    ofNamespace: own.find(isForAll),
    ofMesh: objects.find((object) => object.metadata.namespace === rootNamespace && isForAll(object)),
  };
}
