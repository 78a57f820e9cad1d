import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ListenerSchema, TrafficDirection, type FilterChainSchema, type Listener } from '#xds/generated/messages.js';
import { findSniServices, kindOf, sniHosts, type BoundServer } from '../gateway-servers.ts';
import { findDestinationRule } from '../destination-rules.ts';
import { hostsForNamespace, intersectHosts } from '../hosts.ts';
import { outboundSni } from '../names.ts';
import { findVirtualServices } from '../routes/bound-virtual-services.ts';
import { translateTcpRoutes, translateTlsRoutes } from '../routes/connection-routes.ts';
import type { RoutePlace } from '../routes/route-place.ts';
import { ANY_ADDRESS, createAddress, listenerName } from './addresses.ts';
import { MESH_ALPN } from './chain-variants.ts';
import { createGatewayTlsSocket } from './gateway-tls.ts';
import type { Authorization } from '../security/authorization.ts';
import type { ListenerContext } from './listener-context.ts';
import { createTlsInspector } from './listener-filters.ts';
import { createConnectionManager, createTcpProxy, createTcpStats, createWeightedTcpProxy } from './network-filters.ts';

type FilterChainInit = Exclude<MessageInitShape<typeof FilterChainSchema>, { $typeName: string }>;

export interface GatewayContext extends ListenerContext {
  /** What callers must pass. */
  readonly authorization: Authorization;
}

/**
 * The listeners of a gateway pod: one per port, with one chain for all plain HTTP servers, and for TLS one for each server
 * or, where TLS is passed through, for each route; chosen by SNI. A port without any chain is not listened on.
 */
export function createGatewayListeners(servers: readonly BoundServer[], context: GatewayContext): Listener[] {
  const names = [...new Set(servers.map(nameOf))];
  return names.flatMap((name) => {
    const together = servers.filter((server) => nameOf(server) === name);
    const listener = createGatewayListener(name, together, context);
    return listener.filterChains.length === 0 ? [] : [listener];
  });
}

function nameOf({ bind, listenPort }: BoundServer): string {
  return listenerName(bind, listenPort);
}

/** @param servers one or more, all at one address and port */
function createGatewayListener(name: string, servers: readonly BoundServer[], context: GatewayContext): Listener {
  const [{ bind, listenPort } = { bind: ANY_ADDRESS, listenPort: 0 }] = servers;
  const isTls = servers.some((server) => !['http', 'tcp'].includes(kindOf(server)));
  // The plain HTTP servers of a port share a route table, and so a chain.
  const [firstPlain] = servers.filter((server) => kindOf(server) === 'http');
  const distinct = servers.filter((server) => kindOf(server) !== 'http' || server === firstPlain);
  return create(ListenerSchema, {
    name,
    address: createAddress(bind, listenPort),
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: distinct.flatMap((server) => createChains(server, name, context)),
    listenerFilters: isTls ? [createTlsInspector()] : [],
  });
}

function createChains(bound: BoundServer, listener: string, context: GatewayContext): FilterChainInit[] {
  switch (kindOf(bound)) {
    case 'http':
      return [createHttpChain(bound, listener, context)];
    case 'https':
      return [{ ...createHttpChain(bound, listener, context), ...terminate(bound) }];
    case 'tcp':
      return createTcpChains(bound, context);
    case 'tls':
      return createTcpChains(bound, context).map((chain) => ({ ...chain, ...terminate(bound) }));
    case 'passthrough':
      return createPassthroughChains(bound, context);
    case 'auto-passthrough':
      return createAutoPassthroughChains(bound, context);
  }
}

function createHttpChain(
  { routeName, server }: BoundServer,
  listener: string,
  context: GatewayContext,
): FilterChainInit {
  const statPrefix = server.name ?? `outbound_${listener}`;
  const { authorization } = context;
  const options = { listenerClass: 'gateway', context, statPrefix, routes: routeName, authorization } as const;
  return { filters: [createConnectionManager(options)] };
}

function terminate(bound: BoundServer): Pick<FilterChainInit, 'filterChainMatch' | 'transportSocket'> {
  return { ...matchSni(sniHosts(bound)), transportSocket: createGatewayTlsSocket(bound.server.tls ?? {}) };
}

/** A bare wildcard stands for every name, and for callers that send none. */
function matchSni(hosts: readonly string[]): Pick<FilterChainInit, 'filterChainMatch'> {
  return hosts.includes('*') ? {} : { filterChainMatch: { serverNames: [...hosts] } };
}

/** Bytes go where the oldest VirtualService with a TCP route for the server says. */
function createTcpChains(bound: BoundServer, context: GatewayContext): FilterChainInit[] {
  for (const virtualService of findBound(bound, context)) {
    // What a caller was going to before it came to a gateway is not known there, so networks don't count.
    const [route] = translateTcpRoutes(virtualService, placeOf(bound, context));
    if (route !== undefined) {
      const { name, namespace } = virtualService.metadata;
      return [
        {
          filters: [
            ...context.authorization.tcp,
            createTcpStats(),
            createWeightedTcpProxy(route.targets, `${name}.${namespace}`, context),
          ],
        },
      ];
    }
  }
  return [];
}

/** A chain for each TLS route, for those of its names that the server offers. An earlier route keeps its names. */
function createPassthroughChains(bound: BoundServer, context: GatewayContext): FilterChainInit[] {
  const taken = new Set<string>();
  return findBound(bound, context).flatMap((virtualService) => {
    const { name, namespace } = virtualService.metadata;
    const offered = hostsForNamespace(bound.server.hosts, namespace, bound.gatewayNamespace);
    return translateTlsRoutes(virtualService, placeOf(bound, context)).flatMap(({ sniHosts: wanted, targets }) => {
      const names = intersectHosts(wanted, offered).filter((host) => !taken.has(host));
      for (const host of names) taken.add(host);
      if (names.length === 0) return [];
      const filters = [
        ...context.authorization.tcp,
        createTcpStats(),
        createWeightedTcpProxy(targets, `${name}.${namespace}`, context),
      ];
      return [{ ...matchSni(names), filters }];
    });
  });
}

/** A chain for each cluster of the server's hosts, for mTLS whose SNI is the cluster's name (istio `gateway.go`). */
function createAutoPassthroughChains(
  bound: BoundServer,
  { authorization, proxy, view }: GatewayContext,
): FilterChainInit[] {
  return findSniServices([bound], view).flatMap(({ service, port }) => {
    const subsets = findDestinationRule(service, { proxy, view })?.subsets ?? [];
    return ['', ...subsets.map(({ name }) => name)].map((subset) => {
      const cluster = outboundSni(port.number, subset, service.hostname);
      return {
        filterChainMatch: { serverNames: [cluster], applicationProtocols: [...MESH_ALPN] },
        filters: [...authorization.tcp, createTcpStats(), createTcpProxy(cluster)],
      };
    });
  });
}

function findBound(bound: BoundServer, { proxy, view }: ListenerContext): ReturnType<typeof findVirtualServices> {
  return findVirtualServices(bound.gateway, proxy, view).filter(({ spec, metadata }) => {
    const offered = hostsForNamespace(bound.server.hosts, metadata.namespace, bound.gatewayNamespace);
    return intersectHosts(offered, spec.hosts).length > 0;
  });
}

function placeOf({ gateway, server }: BoundServer, { proxy, view }: ListenerContext): RoutePlace {
  return { proxy, view, gateway, listenPort: server.port.number };
}
