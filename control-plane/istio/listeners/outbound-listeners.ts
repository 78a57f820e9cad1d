import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ListenerSchema,
  TrafficDirection,
  type FilterChainMatchSchema,
  type FilterChainSchema,
  type FilterSchema,
  type Listener,
} from '#xds/generated/messages.js';
import { createDuration } from '../durations.ts';
import { viewThrough } from '../egress-view.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import type { EgressScope, MeshView } from '../mesh-view.ts';
import {
  BLACK_HOLE_CLUSTER,
  domainName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
  VIRTUAL_OUTBOUND,
  VIRTUAL_OUTBOUND_PORT,
} from '../names.ts';
import { parseProtocol, type PortProtocol } from '../port-protocol.ts';
import { ANY_ADDRESS, createAddress, listenerName } from './addresses.ts';
import type { ListenerContext } from './listener-context.ts';
import { createHttpInspector, createTlsInspector } from './listener-filters.ts';
import { createConnectionManager, createTcpProxy, createTcpStats } from './network-filters.ts';
import { createOutboundTcpChains } from './outbound-tcp-chains.ts';
import { findTcpSettings } from './tcp-settings.ts';

type FilterChainInit = Exclude<MessageInitShape<typeof FilterChainSchema>, { $typeName: string }>;
type FilterInit = MessageInitShape<typeof FilterSchema>;

const PLAIN_HTTP: MessageInitShape<typeof FilterChainMatchSchema> = {
  transportProtocol: 'raw_buffer',
  applicationProtocols: ['http/1.1', 'h2c'],
};

/**
 * The listeners for what a sidecar's workload calls: one per port for all HTTP Services on it, one per Service address
 * and port for TCP and for ports that name no protocol; hosts without an address share one per port. TCP ones come first
 * (istio `listener.go`). A Sidecar may have others, which say themselves where they are.
 */
export function createOutboundListeners(context: ListenerContext): Listener[] {
  return context.view.egress.flatMap((egress) => {
    const view = viewThrough(egress, context.view);
    return createListenersThrough(egress, { ...context, view });
  });
}

function createListenersThrough(egress: EgressScope, context: ListenerContext): Listener[] {
  const { view } = context;
  const place = findPlace(egress);
  const ports = view.services.flatMap((service) => service.ports.map((port) => ({ service, port })));
  const numbers = findHttpPorts(egress, view);
  const tcp = groupTcpChains(ports, place, context);
  const sniffing = ports.filter(({ port }) => port.protocol === 'auto');
  return [
    ...tcp
      .filter(({ bind, port }) => bind !== ANY_ADDRESS || !numbers.includes(port))
      .map((group) => createTcpListener(group, place, view)),
    ...numbers.map((port) => {
      const shared = tcp.find((group) => group.bind === ANY_ADDRESS && group.port === port)?.chains ?? [];
      const tlsChains = shared.filter(({ filterChainMatch }) => filterChainMatch !== undefined);
      return createHttpListener(port, tlsChains, { place, context });
    }),
    ...sniffing.flatMap(({ service, port }) => createSniffingListener(service, port, context)),
  ];
}

/** Where a listener is, as far as a Sidecar says. */
interface ListenerPlace {
  /** Undefined for the addresses of Services. */
  readonly address: string | undefined;
  /** Whether the workload connects to it on purpose, without being redirected. */
  readonly listensItself: boolean;
}

function findPlace({ listener }: EgressScope): ListenerPlace {
  const listensItself = listener?.captureMode === 'NONE';
  return { address: listener?.bind ?? (listensItself ? '127.0.0.1' : undefined), listensItself };
}

/** A listener that a Sidecar asks for is there whether its Services have its port or not. */
function findHttpPorts({ listener, services }: EgressScope, view: MeshView): number[] {
  if (listener !== undefined) {
    return isHttp(parseProtocol(listener.port.protocol)) && services.length > 0 ? [listener.port.number] : [];
  }
  const ports = view.services.flatMap((service) => service.ports.filter(({ protocol }) => isHttp(protocol)));
  return [...new Set(ports.map(({ number }) => number))].toSorted((a, b) => a - b);
}

function isHttp(protocol: PortProtocol): boolean {
  return protocol === 'http' || protocol === 'http2';
}

interface TcpGroup {
  readonly bind: string;
  readonly port: number;
  readonly chains: FilterChainInit[];
}

/** Of two chains that nothing tells apart the first stays, as Envoy takes only one. */
function groupTcpChains(
  ports: readonly { readonly service: MeshService; readonly port: MeshPort }[],
  { address }: ListenerPlace,
  context: ListenerContext,
): TcpGroup[] {
  const groups = new Map<string, TcpGroup>();
  for (const { service, port } of ports) {
    const bind = address ?? service.address ?? (service.registry === 'external' ? ANY_ADDRESS : undefined);
    // A headless Service is reached by its pods' addresses, which the catch-all passes through.
    if (bind === undefined || !TCP_PROTOCOLS.has(port.protocol)) continue;
    const name = listenerName(bind, port.number);
    const group = groups.get(name) ?? { bind, port: port.number, chains: [] };
    const known = group.chains.flatMap(keysOfChain);
    const chains = createOutboundTcpChains({ service, port, bind }, context);
    group.chains.push(...chains.filter((chain) => !keysOfChain(chain).some((key) => known.includes(key))));
    groups.set(name, group);
  }
  return [...groups.values()];
}

const TCP_PROTOCOLS: ReadonlySet<MeshPort['protocol']> = new Set(['https', 'tcp', 'tls']);

/** The SNI and the networks that a chain is for; every connection's, where it does not say. */
function keysOfChain({ filterChainMatch: match }: FilterChainInit): readonly string[] {
  return (match?.serverNames ?? ['']).map((name) => `${name} ${JSON.stringify(match?.prefixRanges ?? [])}`);
}

/** The listener that redirected connections reach when no other stands for their destination. */
export function createVirtualOutboundListener(view: MeshView): Listener {
  return create(ListenerSchema, {
    name: VIRTUAL_OUTBOUND,
    address: createAddress(ANY_ADDRESS, VIRTUAL_OUTBOUND_PORT),
    useOriginalDst: true,
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [
      {
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: VIRTUAL_OUTBOUND_PORT },
        filters: [createTcpStats(), createTcpProxy(BLACK_HOLE_CLUSTER)],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: createCatchAllFilters(view) },
    ],
  });
}

/** @param tlsChains for hosts without an address that are called with TLS on the same port */
function createHttpListener(
  port: number,
  tlsChains: readonly FilterChainInit[],
  { place, context }: { readonly place: ListenerPlace; readonly context: ListenerContext },
): Listener {
  const address = place.address ?? ANY_ADDRESS;
  const http = createConnectionManager({
    listenerClass: 'sidecar-outbound',
    context,
    statPrefix: `outbound_${listenerName(address, port)}`,
    routes: String(port),
  });
  if (place.listensItself) return createOwnListener(address, port, [{ filters: [http] }]);
  return createOutboundListener({ address, port, http, tlsChains, otherwise: createPassthroughChain(context.view) });
}

/** What connects there was not going anywhere else. */
function createOwnListener(address: string, port: number, filterChains: readonly FilterChainInit[]): Listener {
  return create(ListenerSchema, {
    name: listenerName(address, port),
    address: createAddress(address, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [...filterChains],
    ...(filterChains.some(isByName) && {
      listenerFilters: [createTlsInspector()],
      listenerFiltersTimeout: createDuration(0),
      continueOnListenerFiltersTimeout: true,
    }),
  });
}

function createPassthroughChain(view: MeshView): FilterChainInit {
  return { name: 'PassthroughFilterChain', filterChainMatch: {}, filters: createCatchAllFilters(view) };
}

/** For a port that names no protocol: HTTP where it looks like it, bytes otherwise. */
function createSniffingListener(
  { address, hostname }: MeshService,
  { number }: MeshPort,
  context: ListenerContext,
): Listener[] {
  if (address === undefined) return [];
  const http = createConnectionManager({
    listenerClass: 'sidecar-outbound',
    context,
    statPrefix: `outbound_${listenerName(address, number)}`,
    routes: domainName(hostname, number),
  });
  const cluster = outboundClusterName(number, '', hostname);
  const filters = [createTcpStats(), createTcpProxy(cluster, findTcpSettings(cluster, context))];
  return [createOutboundListener({ address, port: number, http, otherwise: { filterChainMatch: {}, filters } })];
}

interface OutboundListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly http: FilterInit;
  readonly tlsChains?: readonly FilterChainInit[];
  readonly otherwise: FilterChainInit;
}

/** HTTP in plain text goes to the connection manager, everything else to the default chain. */
function createOutboundListener(options: OutboundListenerOptions): Listener {
  const { address, port, http, tlsChains = [], otherwise } = options;
  return create(ListenerSchema, {
    name: listenerName(address, port),
    address: createAddress(address, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    bindToPort: false,
    filterChains: [{ filterChainMatch: PLAIN_HTTP, filters: [http] }, ...tlsChains],
    defaultFilterChain: otherwise,
    listenerFilters: [createTlsInspector(), createHttpInspector()],
    listenerFiltersTimeout: createDuration(0),
    continueOnListenerFiltersTimeout: true,
  });
}

/** Chains that are chosen by SNI need it read, and something for the names that none of them is for. */
function createTcpListener(
  { bind, port, chains }: TcpGroup,
  { listensItself }: ListenerPlace,
  view: MeshView,
): Listener {
  if (listensItself) return createOwnListener(bind, port, chains);
  return create(ListenerSchema, {
    name: listenerName(bind, port),
    address: createAddress(bind, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    bindToPort: false,
    filterChains: chains,
    ...(chains.some(isByName) && {
      defaultFilterChain: createPassthroughChain(view),
      listenerFilters: [createTlsInspector()],
      listenerFiltersTimeout: createDuration(0),
      continueOnListenerFiltersTimeout: true,
    }),
  });
}

function isByName({ filterChainMatch }: FilterChainInit): boolean {
  return filterChainMatch?.serverNames !== undefined;
}

function createCatchAllFilters({ settings }: MeshView): FilterInit[] {
  const cluster = settings.outboundTrafficPolicy === 'ALLOW_ANY' ? PASSTHROUGH_CLUSTER : BLACK_HOLE_CLUSTER;
  return [createTcpStats(), createTcpProxy(cluster)];
}
