import type { HeaderMap } from '../../http/header-map.ts';
import type { ForwardAction } from '../../routing/types.ts';
import { findGrpcTimeout } from './grpc-timeout.ts';

/** Milliseconds; 0 means none. */
export interface RequestTimeouts {
  readonly globalMs: number;
  readonly perTryMs: number;
  /** The upstream is told in gRPC's own header, too. */
  readonly isGrpc: boolean;
}

/** The timeouts of a route, overridden by the caller's `x-envoy-*` headers where they were let through (gateways.md 4.1). */
export function chooseTimeouts(action: ForwardAction, perTryTimeoutMs: number, headers: HeaderMap): RequestTimeouts {
  const grpcMs = action.grpcTimeout && findGrpcTimeout(action.grpcTimeout, headers);
  const globalMs = parseMilliseconds(headers.get('x-envoy-upstream-rq-timeout-ms')) ?? grpcMs ?? action.timeoutMs;
  const perTryMs = parseMilliseconds(headers.get('x-envoy-upstream-rq-per-try-timeout-ms')) ?? perTryTimeoutMs;
  // A try cannot outlast the request, so such a limit is no limit.
  const isTooLong = globalMs > 0 && perTryMs >= globalMs;
  return { globalMs, perTryMs: isTooLong ? 0 : perTryMs, isGrpc: grpcMs !== undefined };
}

/** Tells the upstream how long it has: a try's limit or what is left of the whole, whichever is less, at least 1 ms. */
export function announceTimeout(headers: HeaderMap, timeouts: RequestTimeouts, elapsedMs: number): void {
  const { globalMs, perTryMs, isGrpc } = timeouts;
  const limits = [perTryMs > 0 ? perTryMs : Infinity, globalMs > 0 ? globalMs - elapsedMs : Infinity];
  const expectedMs = Math.min(...limits);
  if (!Number.isFinite(expectedMs)) return;
  const text = String(Math.max(1, Math.floor(expectedMs)));
  headers.set('x-envoy-expected-rq-timeout-ms', text);
  if (isGrpc) headers.set('grpc-timeout', `${text}m`);
}

function parseMilliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
