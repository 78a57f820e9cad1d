import type { KubeObject } from '../../kube/kinds.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { isExportedTo } from '../visibility.ts';

/**
 * The VirtualServices that say something about a gateway (`namespace/name`, or `mesh` for sidecars) and that the proxy's
 * namespace may see; oldest first, so that the routes of the oldest come first.
 */
export function findVirtualServices(gateway: string, proxy: Proxy, view: MeshView): KubeObject<'VirtualService'>[] {
  return view.virtualServices
    .filter((virtualService) => gatewaysOf(virtualService).includes(gateway))
    .filter(({ metadata, spec }) => isExportedTo(spec.exportTo, metadata.namespace, proxy.namespace));
}

/** The full name of a gateway in a VirtualService: a name without namespace is of the VirtualService's own. */
export function resolveGateway(name: string, namespace: string): string {
  return name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`;
}

/** Without any gateway a VirtualService is for the mesh. */
function gatewaysOf({ metadata, spec }: KubeObject<'VirtualService'>): string[] {
  const names = spec.gateways ?? [];
  return names.length === 0 ? ['mesh'] : names.map((name) => resolveGateway(name, metadata.namespace));
}
