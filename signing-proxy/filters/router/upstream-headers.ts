import { injectTrace } from '../../http/trace-context.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import type { ForwardAction } from '../../routing/types.ts';
import type { Exchange } from '../types.ts';

/** Asked for by callers, meant for this router, never passed on (gateways.md 4.2). */
const CONSUMED = [
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
] as const;

/** Removes what callers told this router, once it has been read. */
export function removeRouterHeaders({ headers }: Exchange): void {
  headers.removeIf((name) => name.startsWith('x-envoy-') && (CONSUMED as readonly string[]).includes(name));
}

/**
 * Makes a request what its route says it should be upstream: trace, added and removed headers, host, path, in Envoy's order.
 * All of it comes after the filters, so it breaks a signature that covers what it touches (gateways.md 2.7).
 */
export function finalizeRequest(
  exchange: Exchange,
  action: ForwardAction,
  options: { addsEnvoyHeaders: boolean; tellsOriginalHost: boolean },
): void {
  const { headers, route } = exchange;
  const { appendsForwardedHost } = action;
  const { addsEnvoyHeaders, tellsOriginalHost } = options;
  if (exchange.trace !== undefined) injectTrace(headers, exchange.trace);
  for (const mutate of route?.requestMutations ?? []) mutate(headers, exchange);
  const host = action.hostRewrite?.kind === 'from-request' ? action.hostRewrite.rewrite(headers) : undefined;
  if (host !== undefined && host !== '') replaceHost(headers, host, { appendsForwardedHost, tellsOriginalHost });
  if (action.rewritePath !== undefined) {
    const original = headers.get(':path') ?? '';
    if (addsEnvoyHeaders) headers.set('x-envoy-original-path', original);
    headers.set(':path', action.rewritePath(original));
  }
}

/** Puts another host in place of the caller's, which the upstream may be told in up to two headers. */
export function replaceHost(
  headers: HeaderMap,
  host: string,
  options: { appendsForwardedHost: boolean; tellsOriginalHost: boolean },
): void {
  const original = headers.get(':authority') ?? '';
  if (options.appendsForwardedHost) headers.append('x-forwarded-host', original);
  if (options.tellsOriginalHost) headers.set('x-envoy-original-host', original);
  headers.set(':authority', host);
}
