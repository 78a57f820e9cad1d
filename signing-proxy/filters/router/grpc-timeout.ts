import { isGrpc } from '../../http/grpc-reply.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import type { GrpcTimeout } from '../../routing/types.ts';

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * How long a request of gRPC may take, in milliseconds: what its `grpc-timeout` says, within the limit of its route. 0 means
 * for ever; undefined for other requests (envoyproxy/envoy `source/common/router/router.cc`, FilterUtility::finalTimeout).
 */
export function findGrpcTimeout({ maxMs, offsetMs }: GrpcTimeout, headers: HeaderMap): number | undefined {
  if (!isGrpc(headers)) return undefined;
  const askedMs = parseTimeout(headers.get('grpc-timeout') ?? '');
  const timeoutMs = offsetMs < askedMs ? askedMs - offsetMs : askedMs;
  return maxMs > 0 && (timeoutMs === 0 || timeoutMs > maxMs) ? maxMs : timeoutMs;
}

/** Rounded up to whole milliseconds; 0 for what is no timeout. */
function parseTimeout(text: string): number {
  const [, digits, unit = ''] = TIMEOUT.exec(text) ?? [];
  return digits === undefined ? 0 : Math.ceil(Number(digits) * (UNITS_MS[unit] ?? 0));
}
