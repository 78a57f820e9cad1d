import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FilterChainMatchSchema, FilterChainSchema } from '#xds/generated/messages.js';
import type { KubeObject } from '../../kube/kinds.ts';
import { isSubsetOf } from '../hosts.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import { outboundClusterName, resolveShortName } from '../names.ts';
import { findVirtualServices } from '../routes/bound-virtual-services.ts';
import { translateTcpRoutes, translateTlsRoutes } from '../routes/connection-routes.ts';
import type { RoutePlace } from '../routes/route-place.ts';
import { parseRange } from '../security/string-rules.ts';
import { ANY_ADDRESS } from './addresses.ts';
import type { ListenerContext } from './listener-context.ts';
import { findTcpSettings } from './tcp-settings.ts';
import { createTcpProxy, createTcpStats, createWeightedTcpProxy } from './network-filters.ts';

type ChainMatchInit = Exclude<MessageInitShape<typeof FilterChainMatchSchema>, { $typeName: string }>;
type FilterChainInit = Exclude<MessageInitShape<typeof FilterChainSchema>, { $typeName: string }>;

/**
 * The chains for connections to a port that is not HTTP: for each TLS route of a VirtualService one, chosen by SNI; else one
 * for where its TCP route or the Service leads. On an address that many hosts share, only SNI tells whose it is (istio
 * `listener_builder.go`, `tls.go`).
 */
export function createOutboundTcpChains(
  { service, port, bind }: { readonly service: MeshService; readonly port: MeshPort; readonly bind: string },
  { proxy, view }: ListenerContext,
): FilterChainInit[] {
  const place = { proxy, view, listenPort: port.number, gateway: 'mesh' };
  const virtualServices = findVirtualServices('mesh', proxy, view).filter(({ spec, metadata }) =>
    spec.hosts.some((host) => isSubsetOf(service.hostname, resolveShortName(host, metadata.namespace))),
  );
  const isTls = port.protocol === 'https' || port.protocol === 'tls';
  const byName = isTls ? virtualServices.flatMap((virtualService) => createTlsChains(virtualService, place)) : [];
  if (byName.length > 0) return byName;
  const match = isTls && bind === ANY_ADDRESS ? { serverNames: [service.hostname] } : {};
  const [chosen] = virtualServices
    .map((virtualService) => createTcpChains(virtualService, place, match))
    .filter((chains) => chains.length > 0);
  const cluster = outboundClusterName(port.number, '', service.hostname);
  const ofService = createChain(match, createTcpProxy(cluster, findTcpSettings(cluster, place)));
  if (chosen === undefined) return [ofService];
  return chosen.some(({ filterChainMatch }) => !filterChainMatch?.prefixRanges) ? chosen : [...chosen, ofService];
}

function createTlsChains(virtualService: KubeObject<'VirtualService'>, place: RoutePlace): FilterChainInit[] {
  return translateTlsRoutes(virtualService, place).map(({ sniHosts, subnets, targets }) =>
    createChain(
      { serverNames: [...sniHosts], ...toNetworks(subnets) },
      createWeightedTcpProxy(targets, nameOf(virtualService), place),
    ),
  );
}

function createTcpChains(
  virtualService: KubeObject<'VirtualService'>,
  place: RoutePlace,
  match: ChainMatchInit,
): FilterChainInit[] {
  return translateTcpRoutes(virtualService, place).map(({ subnets, targets }) =>
    createChain({ ...match, ...toNetworks(subnets) }, createWeightedTcpProxy(targets, nameOf(virtualService), place)),
  );
}

function toNetworks(subnets: readonly string[]): ChainMatchInit {
  return subnets.length === 0 ? {} : { prefixRanges: subnets.map(parseRange) };
}

function nameOf({ metadata }: KubeObject<'VirtualService'>): string {
  return `${metadata.name}.${metadata.namespace}`;
}

function createChain(match: ChainMatchInit, proxy: ReturnType<typeof createTcpProxy>): FilterChainInit {
  return {
    ...(Object.keys(match).length > 0 && { filterChainMatch: match }),
    filters: [createTcpStats(), proxy],
  };
}
