import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FilterChainSchema } from '#xds/generated/messages.js';
import { isSubsetOf } from '../hosts.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import { outboundClusterName, resolveShortName } from '../names.ts';
import { findVirtualServices } from '../routes/bound-virtual-services.ts';
import { translateTcpRoute, translateTlsRoutes } from '../routes/connection-routes.ts';
import { ANY_ADDRESS } from './addresses.ts';
import type { ListenerContext } from './listener-context.ts';
import { createTcpProxy, createTcpStats, createWeightedTcpProxy } from './network-filters.ts';

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
  const byName = isTls
    ? virtualServices.flatMap((virtualService) => {
        const { name, namespace } = virtualService.metadata;
        return translateTlsRoutes(virtualService, place).map(({ sniHosts, targets }) => ({
          filterChainMatch: { serverNames: [...sniHosts] },
          filters: [createTcpStats(), createWeightedTcpProxy(targets, `${name}.${namespace}`)],
        }));
      })
    : [];
  if (byName.length > 0) return byName;
  const match = isTls && bind === ANY_ADDRESS ? { filterChainMatch: { serverNames: [service.hostname] } } : {};
  for (const virtualService of virtualServices) {
    const targets = translateTcpRoute(virtualService, place);
    if (targets === undefined) continue;
    const { name, namespace } = virtualService.metadata;
    return [{ ...match, filters: [createTcpStats(), createWeightedTcpProxy(targets, `${name}.${namespace}`)] }];
  }
  const cluster = outboundClusterName(port.number, '', service.hostname);
  return [{ ...match, filters: [createTcpStats(), createTcpProxy(cluster)] }];
}
