import { isLoopback, parseIpBits } from '../listeners/ip-prefix.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { HeaderMap } from './header-map.ts';

const HEADER = 'x-forwarded-for';

export interface ForwardedForConfig {
  readonly usesRemoteAddress: boolean;
  readonly trustedHops: number;
  readonly skipsAppend: boolean;
}

/** Who called, as far as this proxy can tell. */
export interface CallerAddress {
  readonly address: string;
  /** Whether `x-forwarded-for` names exactly one address: a condition for an internal caller. */
  readonly isSingle: boolean;
  /** False where the address had to be taken from the connection for want of a usable header. */
  readonly isKnown: boolean;
}

/** Extends `x-forwarded-for` where this proxy is the edge, and tells the caller's address (gateways.md 4.4). */
export function forwardCallerAddress(
  headers: HeaderMap,
  downstream: DownstreamInfo,
  config: ForwardedForConfig,
): CallerAddress {
  const peer = downstream.remoteAddress;
  if (!config.usesRemoteAddress) {
    const address = findAddress(headers, config.trustedHops);
    return { address: address ?? peer, isSingle: isSingle(headers), isKnown: address !== undefined };
  }
  const trusted = config.trustedHops > 0 ? findAddress(headers, config.trustedHops - 1) : undefined;
  const isFirst = !headers.has(HEADER);
  // A caller on this machine is named by this proxy's own address.
  if (!config.skipsAppend) headers.append(HEADER, isLoopback(peer) ? downstream.localAddress : peer);
  return { address: trusted ?? peer, isSingle: isFirst, isKnown: true };
}

/** The address that stands so many places from the right; undefined when there is none or it is not one. */
function findAddress(headers: HeaderMap, place: number): string | undefined {
  const address = headers
    .get(HEADER)
    ?.split(',')
    .at(-1 - place)
    ?.trim();
  return address !== undefined && parseIpBits(address) !== undefined ? address : undefined;
}

function isSingle(headers: HeaderMap): boolean {
  const text = headers.get(HEADER);
  return text !== undefined && !text.includes(',');
}
