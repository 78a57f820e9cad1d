import { formatAddress, type Address } from '#core/address.ts';
import { TrafficDirection, type Address as ConfigAddress, type Listener } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { PodPlace } from '../pod-place.ts';
import { isLoopback } from './ip-prefix.ts';

/** A place where connections are accepted. */
export interface Binding {
  readonly zone: string;
  readonly address: Address;
  /** Whose socket it is where the system chooses the port: no two of those are the same place. */
  readonly owner?: string;
}

/**
 * Decides where a listener's connections come from when nothing redirects traffic (xds.md 3.7).
 *
 * - `virtualInbound`: a socket for every destination port of its chains; the accepted port is the original destination.
 * - `virtualOutbound`: its own port on the pod's loopback, to which the environment sends what the workload connects to.
 * - `bind_to_port: false`: none; `virtualOutbound` hands connections over.
 * - Everything else binds as configured, a wildcard address on the pod's address; with port 0 each on a port of its own, as
 *   Envoy's `ListenerImpl::hasDuplicatedAddress` allows.
 *
 * @param restoresDestination whether the listener has the `original_dst` filter, by which Istio's `virtualInbound` is told
 * @throws ConfigError for an address that is not a TCP socket
 */
export function listBindings(config: Listener, place: PodPlace, restoresDestination: boolean): Binding[] {
  const own = getSocketAddress(config.address);
  if (config.bindToPort === false) return [];
  const isRedirected = config.useOriginalDst === true || restoresDestination;
  if (isRedirected && config.trafficDirection === TrafficDirection.INBOUND) return listDestinationPorts(config, place);
  if (config.useOriginalDst === true) return [{ zone: place.podZone, address: { host: '127.0.0.1', port: own.port } }];
  const more = config.additionalAddresses.map(({ address }) => getSocketAddress(address));
  return [own, ...more].map((address, index) => ({
    ...placeAddress(address, place),
    ...(address.port === 0 && { owner: `${config.name}/${index}` }),
  }));
}

/** @throws ConfigError when it is not a host and a port number */
export function getSocketAddress(config: ConfigAddress | undefined): Address {
  const socket = config?.address;
  if (socket?.case !== 'socketAddress')
    throw new ConfigError(`Listener address is not a socket address: ${socket?.case ?? 'none'}`);
  const { address: host, portSpecifier } = socket.value;
  if (portSpecifier.case !== 'portValue') throw new ConfigError(`Listener address "${host}" has no port number`);
  return { host, port: portSpecifier.value };
}

function listDestinationPorts(config: Listener, { zone, address }: PodPlace): Binding[] {
  const ports = config.filterChains.flatMap(({ filterChainMatch }) => filterChainMatch?.destinationPort ?? []);
  return Array.from(new Set(ports), (port) => ({ zone, address: { host: address, port } }));
}

function placeAddress({ host, port }: Address, { zone, podZone, address }: PodPlace): Binding {
  if (isLoopback(host)) return { zone: podZone, address: { host, port } };
  return { zone, address: { host: isWildcard(host) ? address : host, port } };
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** One text for each place. */
export function formatBinding({ zone, address, owner = '' }: Binding): string {
  return `${zone} ${formatAddress(address)} ${owner}`;
}
