import { injectTrace } from '../../http/trace-context.ts';
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
  options: { addsEnvoyHeaders: boolean },
): void {
  const { headers, route } = exchange;
  if (exchange.trace !== undefined) injectTrace(headers, exchange.trace);
  for (const mutate of route?.requestMutations ?? []) mutate(headers, exchange);
  rewriteHost(exchange, action);
  if (action.rewritePath !== undefined) {
    const original = headers.get(':path') ?? '';
    if (options.addsEnvoyHeaders) headers.set('x-envoy-original-path', original);
    headers.set(':path', action.rewritePath(original));
  }
}

function rewriteHost({ headers }: Exchange, { hostRewrite, appendsForwardedHost }: ForwardAction): void {
  const host = hostRewrite?.kind === 'from-request' ? hostRewrite.rewrite(headers) : undefined;
  if (host === undefined || host === '') return;
  if (appendsForwardedHost) headers.append('x-forwarded-host', headers.get(':authority') ?? '');
  headers.set(':authority', host);
}
