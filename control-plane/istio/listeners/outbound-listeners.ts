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
import type { MeshPort, MeshService } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import {
  BLACK_HOLE_CLUSTER,
  domainName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
  VIRTUAL_OUTBOUND,
  VIRTUAL_OUTBOUND_PORT,
} from '../names.ts';
import { ANY_ADDRESS, createAddress, listenerName } from './addresses.ts';
import { createHttpInspector, createTlsInspector } from './listener-filters.ts';
import { createConnectionManager, createTcpProxy, createTcpStats } from './network-filters.ts';

type FilterChainInit = MessageInitShape<typeof FilterChainSchema>;
type FilterInit = MessageInitShape<typeof FilterSchema>;

const PLAIN_HTTP: MessageInitShape<typeof FilterChainMatchSchema> = {
  transportProtocol: 'raw_buffer',
  applicationProtocols: ['http/1.1', 'h2c'],
};

/**
 * The listeners for what a sidecar's workload calls: one per port for all HTTP Services on it, one per Service address
 * and port for TCP and for ports that name no protocol. TCP ones come first (istio `listener.go`).
 */
export function createOutboundListeners(view: MeshView): Listener[] {
  const ports = view.services.flatMap((service) => service.ports.map((port) => ({ service, port })));
  const httpPorts = ports.filter(({ port }) => port.protocol === 'http' || port.protocol === 'http2');
  const numbers = [...new Set(httpPorts.map(({ port }) => port.number))].toSorted((a, b) => a - b);
  const byAddress = ports.flatMap(({ service, port }) => createListenerByAddress(service, port));
  return [
    ...byAddress.filter(({ isTcp }) => isTcp).map(({ listener }) => listener),
    ...numbers.map((port) => createHttpListener(port, view)),
    ...byAddress.filter(({ isTcp }) => !isTcp).map(({ listener }) => listener),
  ];
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

function createHttpListener(port: number, view: MeshView): Listener {
  const name = listenerName(ANY_ADDRESS, port);
  return createOutboundListener({
    address: ANY_ADDRESS,
    port,
    http: createConnectionManager({
      listenerClass: 'sidecar-outbound',
      statPrefix: `outbound_${name}`,
      routes: String(port),
    }),
    otherwise: {
      name: 'PassthroughFilterChain',
      filterChainMatch: {},
      filters: createCatchAllFilters(view),
    },
  });
}

function createListenerByAddress(
  service: MeshService,
  { number, protocol }: MeshPort,
): { readonly isTcp: boolean; readonly listener: Listener }[] {
  // A headless Service is reached by its pods' addresses, which the catch-all passes through.
  if (service.address === undefined || protocol === 'udp' || protocol === 'http' || protocol === 'http2') return [];
  const { address } = service;
  const tcpFilters = [createTcpStats(), createTcpProxy(outboundClusterName(number, '', service.hostname))];
  if (protocol !== 'auto') {
    return [{ isTcp: true, listener: createTcpListener({ address, port: number, filters: tcpFilters }) }];
  }
  const http = createConnectionManager({
    listenerClass: 'sidecar-outbound',
    statPrefix: `outbound_${listenerName(address, number)}`,
    routes: domainName(service.hostname, number),
  });
  const otherwise = { filterChainMatch: {}, filters: tcpFilters };
  return [{ isTcp: false, listener: createOutboundListener({ address, port: number, http, otherwise }) }];
}

interface OutboundListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly http: FilterInit;
  readonly otherwise: FilterChainInit;
}

/** HTTP in plain text goes to the connection manager, everything else to the default chain. */
function createOutboundListener({ address, port, http, otherwise }: OutboundListenerOptions): Listener {
  return create(ListenerSchema, {
    name: listenerName(address, port),
    address: createAddress(address, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    bindToPort: false,
    filterChains: [{ filterChainMatch: PLAIN_HTTP, filters: [http] }],
    defaultFilterChain: otherwise,
    listenerFilters: [createTlsInspector(), createHttpInspector()],
    listenerFiltersTimeout: createDuration(0),
    continueOnListenerFiltersTimeout: true,
  });
}

function createTcpListener({
  address,
  port,
  filters,
}: {
  readonly address: string;
  readonly port: number;
  readonly filters: FilterInit[];
}): Listener {
  return create(ListenerSchema, {
    name: listenerName(address, port),
    address: createAddress(address, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    bindToPort: false,
    filterChains: [{ filters }],
  });
}

function createCatchAllFilters({ settings }: MeshView): FilterInit[] {
  const cluster = settings.outboundTrafficPolicy === 'ALLOW_ANY' ? PASSTHROUGH_CLUSTER : BLACK_HOLE_CLUSTER;
  return [createTcpStats(), createTcpProxy(cluster)];
}
