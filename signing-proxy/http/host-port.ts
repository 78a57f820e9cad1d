import type { HeaderMap } from './header-map.ts';

/** What of a port in `:authority` goes: nothing, the listener's own, or any (gateways.md 4.4). */
export type HostPortStripping = 'none' | 'matching' | 'any';

/** Strips the port, and a trailing dot if asked, before filters run and a route is chosen. CONNECT keeps its port. */
export function normalizeHost(
  headers: HeaderMap,
  listenerPort: number,
  options: { stripping: HostPortStripping; stripsTrailingDot: boolean },
): void {
  const authority = headers.get(':authority');
  if (authority === undefined) return;
  const withoutDot = options.stripsTrailingDot ? stripTrailingDot(authority) : authority;
  const isConnect = headers.get(':method') === 'CONNECT';
  const host =
    options.stripping === 'none' || isConnect
      ? withoutDot
      : stripPort(withoutDot, options.stripping === 'matching' ? listenerPort : undefined);
  if (host !== authority) headers.set(':authority', host);
}

function stripPort(authority: string, onlyPort: number | undefined): string {
  const colon = authority.lastIndexOf(':');
  if (colon < 0 || authority.lastIndexOf(']') > colon) return authority;
  const port = authority.slice(colon + 1);
  if (!/^\d+$/.test(port) || (onlyPort !== undefined && Number(port) !== onlyPort)) return authority;
  return authority.slice(0, colon);
}

function stripTrailingDot(authority: string): string {
  return authority.replace(/\.(:\d+)?$/, '$1');
}
