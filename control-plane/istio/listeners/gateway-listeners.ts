import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ListenerSchema, TrafficDirection, type FilterChainSchema, type Listener } from '#xds/generated/messages.js';
import { isTlsServer, sniHosts, type BoundServer } from '../gateway-servers.ts';
import { ANY_ADDRESS, createAddress, listenerName } from './addresses.ts';
import { createGatewayTlsSocket } from './gateway-tls.ts';
import { createTlsInspector } from './listener-filters.ts';
import { createConnectionManager } from './network-filters.ts';

/**
 * The listeners of a gateway pod: one per port, with one chain for all plain servers or one for each TLS server, chosen
 * by SNI.
 */
export function createGatewayListeners(servers: readonly BoundServer[]): Listener[] {
  const ports = [...new Set(servers.map(({ listenPort }) => listenPort))];
  return ports.map((port) =>
    createGatewayListener(
      port,
      servers.filter(({ listenPort }) => listenPort === port),
    ),
  );
}

function createGatewayListener(port: number, servers: readonly BoundServer[]): Listener {
  const name = listenerName(ANY_ADDRESS, port);
  const tlsServers = servers.filter(isTlsServer);
  const [plainServer] = servers;
  const plain = plainServer === undefined ? [] : [createChain(plainServer, name)];
  return create(ListenerSchema, {
    name,
    address: createAddress(ANY_ADDRESS, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: tlsServers.length === 0 ? plain : tlsServers.map((server) => createTlsChain(server, name)),
    listenerFilters: tlsServers.length === 0 ? [] : [createTlsInspector()],
  });
}

function createChain({ routeName, server }: BoundServer, listener: string): FilterChainInit {
  const statPrefix = server.name ?? `outbound_${listener}`;
  return { filters: [createConnectionManager({ listenerClass: 'gateway', statPrefix, routes: routeName })] };
}

type FilterChainInit = Exclude<MessageInitShape<typeof FilterChainSchema>, { $typeName: string }>;

function createTlsChain(bound: BoundServer, listener: string): FilterChainInit {
  const hosts = sniHosts(bound);
  return {
    ...createChain(bound, listener),
    // One host that is a bare wildcard stands for every name, and for callers that send none.
    ...(!hosts.includes('*') && { filterChainMatch: { serverNames: hosts } }),
    transportSocket: createGatewayTlsSocket(bound.server.tls ?? {}),
  };
}
