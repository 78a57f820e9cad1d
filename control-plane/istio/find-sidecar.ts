import type { KubeObject } from '../kube/kinds.ts';
import { findScoped } from './find-scoped.ts';
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
  const { ofWorkload, ofNamespace, ofMesh } = findScoped(proxy, {
    objects: sidecars,
    labelsOf: ({ spec }) => spec.workloadSelector?.labels,
    rootNamespace: settings.rootNamespace,
  });
  return ofWorkload ?? ofNamespace ?? ofMesh;
}
