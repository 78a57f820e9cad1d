import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ListenerSchema,
  TrafficDirection,
  type FilterChainMatchSchema,
  type FilterChainSchema,
  type FilterSchema,
  type Listener,
  type RouteConfiguration,
} from '#xds/generated/messages.js';
import { createDuration } from '../durations.ts';
import type { InboundTarget } from '../inbound-targets.ts';
import type { ServiceTarget } from '../mesh-service.ts';
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  VIRTUAL_INBOUND,
  VIRTUAL_INBOUND_PORT,
} from '../names.ts';
import type { PortProtocol } from '../port-protocol.ts';
import type { Authorization } from '../security/authorization.ts';
import type { MtlsMode } from '../security/mtls-mode.ts';
import { createInboundTlsSocket } from '../tls-contexts.ts';
import { ANY_ADDRESS, createAddress, listenerName } from './addresses.ts';
import type { ListenerContext } from './listener-context.ts';
import { createHttpInspector, createOriginalDestination, createTlsInspector } from './listener-filters.ts';
import { createConnectionManager, createMetadataExchange, createTcpProxy, createTcpStats } from './network-filters.ts';
import { findChainVariants, type ChainVariant } from './chain-variants.ts';

type FilterChainInit = MessageInitShape<typeof FilterChainSchema>;
type FilterInit = MessageInitShape<typeof FilterSchema>;

/** One port of the pod, or everything that no Service names. */
interface InboundChain {
  readonly names: { readonly http: string; readonly tcp: string };
  readonly cluster: string;
  readonly statPrefix: string;
  readonly protocol: PortProtocol;
  readonly match: Exclude<MessageInitShape<typeof FilterChainMatchSchema>, { $typeName: string }>;
  readonly routes: RouteConfiguration;
  readonly mode: MtlsMode;
}

export interface InboundOptions {
  /** One per port, ports ascending. */
  readonly targets: readonly InboundTarget[];
  /** The patched route table of a port; that of the catch-all for undefined. */
  readonly routesOf: (target: ServiceTarget | undefined) => RouteConfiguration;
  /** Whether callers of a port must use mTLS; of ports that no Service names for undefined. */
  readonly modeOf: (port: number | undefined) => MtlsMode;
  readonly authorization: Authorization;
  readonly context: ListenerContext;
}

/**
 * The listener that a sidecar's inbound connections are redirected to, and one for each port that the sidecar itself listens
 * on (istio `listener_inbound.go`).
 */
export function createInboundListeners(options: InboundOptions): Listener[] {
  const own = options.targets.flatMap((target) =>
    target.bind === undefined ? [] : [createOwnListener(target, target.bind, options)],
  );
  return [createVirtualListener(options), ...own];
}

/** Chains for each port in plain text and mTLS, as PeerAuthentications have it, and catch-all chains. */
function createVirtualListener(options: InboundOptions): Listener {
  const { routesOf, modeOf } = options;
  const targets = options.targets.filter(({ bind }) => bind === undefined);
  const chains = [
    createCatchAll(routesOf(undefined), modeOf(undefined)),
    ...targets.map((target) => createPortChain(target, routesOf(target), modeOf(target.targetPort))),
  ];
  const withoutSniffing = targets.filter(({ port }) => port.protocol !== 'auto').map(({ targetPort }) => targetPort);
  return create(ListenerSchema, {
    name: VIRTUAL_INBOUND,
    address: createAddress(ANY_ADDRESS, VIRTUAL_INBOUND_PORT),
    trafficDirection: TrafficDirection.INBOUND,
    filterChains: [createBlackHoleChain(), ...chains.flatMap((chain) => createVariants(chain, options))],
    listenerFilters: [
      createOriginalDestination(),
      createTlsInspector(),
      createHttpInspector([VIRTUAL_INBOUND_PORT, ...withoutSniffing]),
    ],
    listenerFiltersTimeout: createDuration(0),
    continueOnListenerFiltersTimeout: true,
  });
}

function createOwnListener(target: InboundTarget, bind: string, options: InboundOptions): Listener {
  const { targetPort, port } = target;
  const chain = createPortChain(target, options.routesOf(target), options.modeOf(targetPort));
  return create(ListenerSchema, {
    name: listenerName(bind, targetPort),
    address: createAddress(bind, targetPort),
    trafficDirection: TrafficDirection.INBOUND,
    filterChains: createVariants({ ...chain, match: {} }, options),
    listenerFilters: [createTlsInspector(), ...(port.protocol === 'auto' ? [createHttpInspector()] : [])],
    listenerFiltersTimeout: createDuration(0),
    continueOnListenerFiltersTimeout: true,
  });
}

/** Nobody may connect to the redirection port itself: the proxy would call itself for ever. */
function createBlackHoleChain(): FilterChainInit {
  return {
    name: 'virtualInbound-blackhole',
    filterChainMatch: { destinationPort: VIRTUAL_INBOUND_PORT },
    filters: [createMetadataExchange(), createTcpStats(), createTcpProxy(BLACK_HOLE_CLUSTER)],
  };
}

function createCatchAll(routes: RouteConfiguration, mode: MtlsMode): InboundChain {
  return {
    names: { http: 'virtualInbound-catchall-http', tcp: VIRTUAL_INBOUND },
    cluster: INBOUND_PASSTHROUGH_CLUSTER,
    statPrefix: INBOUND_PASSTHROUGH_CLUSTER,
    protocol: 'auto',
    match: { prefixRanges: [{ addressPrefix: ANY_ADDRESS, prefixLen: 0 }] },
    routes,
    mode,
  };
}

function createPortChain(
  { port, targetPort }: ServiceTarget,
  routes: RouteConfiguration,
  mode: MtlsMode,
): InboundChain {
  const name = listenerName(ANY_ADDRESS, targetPort);
  return {
    names: { http: name, tcp: name },
    cluster: inboundClusterName(targetPort),
    statPrefix: `inbound_${name}`,
    protocol: port.protocol,
    match: { destinationPort: targetPort },
    routes,
    mode,
  };
}

type Common = Pick<InboundOptions, 'authorization' | 'context'>;

function createVariants(chain: InboundChain, common: Common): FilterChainInit[] {
  return findChainVariants(chain.protocol, chain.mode).map((variant) => ({
    name: chain.names[variant.filters],
    filterChainMatch: {
      ...chain.match,
      transportProtocol: variant.transportProtocol,
      applicationProtocols: [...variant.applicationProtocols],
    },
    filters: [createMetadataExchange(), ...createLastFilters(chain, variant, common)],
    ...(variant.terminatesTls && { transportSocket: createInboundTlsSocket(variant.filters) }),
  }));
}

function createLastFilters(
  chain: InboundChain,
  { filters }: ChainVariant,
  { authorization, context }: Common,
): FilterInit[] {
  if (filters === 'tcp') return [...authorization.tcp, createTcpStats(), createTcpProxy(chain.cluster)];
  return [
    createConnectionManager({
      listenerClass: 'sidecar-inbound',
      statPrefix: chain.statPrefix,
      routes: chain.routes,
      isHttp2: chain.protocol === 'http2',
      authorization,
      context,
    }),
  ];
}
