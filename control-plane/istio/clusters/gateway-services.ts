import { bindServers } from '../gateway-servers.ts';
import type { MeshService } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { findVirtualServices } from '../routes/bound-virtual-services.ts';
import { findDestinationHosts } from '../routes/destination-hosts.ts';

/**
 * The services that a gateway gets clusters for: all that it sees or, with `PILOT_FILTER_GATEWAY_CLUSTER_CONFIG`, only those
 * that VirtualServices bound to its Gateways send to (gateways.md 5.3).
 */
export function findGatewayServices(proxy: Proxy, view: MeshView): readonly MeshService[] {
  if (!view.settings.features.filtersGatewayClusters) return view.services;
  const gateways = new Set(bindServers(proxy, view).map(({ gateway }) => gateway));
  const virtualServices = new Set([...gateways].flatMap((gateway) => findVirtualServices(gateway, proxy, view)));
  const wanted = new Set([...virtualServices].flatMap(findDestinationHosts));
  return view.services.filter(({ hostname }) => wanted.has(hostname));
}
