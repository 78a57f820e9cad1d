import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import type { MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';

type Sidecar = KubeObject<'Sidecar'>;

/**
 * The Sidecar of a workload: one that selects it counts, else its namespace's, else the root namespace's; the oldest of each
 * (istio `pilot/pkg/model/sidecar.go`). Gateways have none.
 */
export function findSidecar(
  proxy: Proxy,
  { sidecars, settings }: Pick<MeshView, 'sidecars' | 'settings'>,
): Sidecar | undefined {
  if (proxy.type !== 'sidecar') return undefined;
  const own = sidecars.filter(({ metadata }) => metadata.namespace === proxy.namespace);
  return (
    own.find((sidecar) => !isForAll(sidecar) && matchesLabels(labelsOf(sidecar), proxy.labels)) ??
    own.find(isForAll) ??
    sidecars.find((sidecar) => sidecar.metadata.namespace === settings.rootNamespace && isForAll(sidecar))
  );
}

function labelsOf({ spec }: Sidecar): Readonly<Record<string, string>> {
  return spec.workloadSelector?.labels ?? {};
}

function isForAll(sidecar: Sidecar): boolean {
  return Object.keys(labelsOf(sidecar)).length === 0;
}
