import type { Instant } from '#core/clock.ts';
import type { HeaderMap } from './header-map.ts';

export interface ResponseMutationConfig {
  readonly serverName: string;
  readonly serverHeader: 'overwrite' | 'append-if-absent' | 'pass-through';
  readonly via: string;
  /** Whether callers are told the request id. */
  readonly setsRequestId: boolean;
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** Changes an answer's headers as Envoy's connection manager does on the way back (gateways.md 4.4). */
export function mutateResponseHeaders(
  headers: HeaderMap,
  config: ResponseMutationConfig,
  request: { readonly requestId: string | undefined; readonly now: Instant },
): void {
  if (!headers.has('date')) headers.add('date', new Date(request.now).toUTCString());
  if (config.serverHeader === 'overwrite' || (config.serverHeader === 'append-if-absent' && !headers.has('server'))) {
    headers.set('server', config.serverName);
  }
  headers.removeIf((name) => HOP_BY_HOP.has(name));
  if (config.setsRequestId && request.requestId !== undefined) headers.set('x-request-id', request.requestId);
  if (config.via !== '') headers.append('via', config.via, ', ');
}
