import type { FilterChain, Listener } from '#xds/generated/messages.js';
import type { PatchMatch } from '../../kube/schemas/envoy-filter.ts';
import { VIRTUAL_INBOUND, VIRTUAL_OUTBOUND } from '../names.ts';
import type { PatchTarget } from './patch-value.ts';
import type { Patch } from './select-patches.ts';

type ListenerMatch = NonNullable<PatchMatch['listener']>;

/**
 * Whether a patch is for a listener. The two virtual listeners stand for many ports, so below them the port is looked for
 * in the filter chains (istio `envoyfilter/listener_patch.go`).
 */
export function matchesListener(listener: Listener, { target, match }: Patch): boolean {
  const wanted = match.listener;
  if (wanted === undefined) return true;
  if (isSet(wanted.name) && wanted.name !== listener.name) return false;
  if (target !== 'LISTENER' && isVirtual(listener)) return true;
  return !isSet(wanted.portNumber) || wanted.portNumber === portOf(listener);
}

/** Whether a patch is for a filter chain of a listener that it is for. */
export function matchesFilterChain(listener: Listener, chain: FilterChain, { match }: Patch): boolean {
  const wanted = match.listener;
  if (wanted === undefined) return true;
  const port = chain.filterChainMatch?.destinationPort;
  if (isVirtual(listener) && isSet(wanted.portNumber) && wanted.portNumber !== port) return false;
  return wanted.filterChain === undefined || matchesChain(chain, wanted.filterChain);
}

/** The name of the network filter that a patch means. */
export function networkFilterOf({ match }: Patch): { readonly name?: string | undefined } | undefined {
  return match.listener?.filterChain?.filter;
}

/** The name of the HTTP filter that a patch means. */
export function httpFilterOf({ match }: Patch): { readonly name?: string | undefined } | undefined {
  return match.listener?.filterChain?.filter?.subFilter;
}

/** The name of the listener filter that a patch means. */
export function listenerFilterOf({ match }: Patch<PatchTarget>): string | undefined {
  return match.listener?.listenerFilter;
}

function matchesChain(chain: FilterChain, wanted: NonNullable<ListenerMatch['filterChain']>): boolean {
  const actual = chain.filterChainMatch;
  return (
    (!isSet(wanted.name) || wanted.name === chain.name) &&
    (!isSet(wanted.sni) || actual?.serverNames.includes(wanted.sni) === true) &&
    (!isSet(wanted.transportProtocol) || wanted.transportProtocol === actual?.transportProtocol) &&
    (!isSet(wanted.destinationPort) || wanted.destinationPort === actual?.destinationPort)
  );
}

function isVirtual({ name }: Listener): boolean {
  return name === VIRTUAL_INBOUND || name === VIRTUAL_OUTBOUND;
}

function portOf({ address }: Listener): number | undefined {
  if (address?.address.case !== 'socketAddress') return undefined;
  const { portSpecifier } = address.address.value;
  return portSpecifier.case === 'portValue' ? portSpecifier.value : undefined;
}

// Proto3 has no absent scalars: an empty string or a zero is the same as nothing said.
function isSet<T extends string | number>(value: T | undefined): value is T {
  return value !== undefined && value !== '' && value !== 0;
}
