import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type CircuitBreakersSchema,
  type Cluster,
  type ClusterSchema,
  type HttpProtocolOptionsSchema,
} from '#xds/generated/messages.js';
import type { ConnectionPool } from '../../kube/schemas/destination-rule.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { CONNECT_TIMEOUT_MS, unlimited } from './defaults.ts';

export type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, Cluster>;
type CommonHttpOptions = MessageInitShape<typeof HttpProtocolOptionsSchema>['commonHttpProtocolOptions'];

/** Timeouts, keep-alive and circuit breakers of a cluster; what is not said is unlimited (istio `cluster_traffic_policy.go`). */
export function translateConnectionPool({ tcp = {}, http = {} }: ConnectionPool = {}): ClusterInit {
  const { connectTimeout, tcpKeepalive: keepalive } = tcp;
  const connectTimeoutMs = connectTimeout === undefined ? CONNECT_TIMEOUT_MS : parseDurationMs(connectTimeout);
  return {
    connectTimeout: createDuration(connectTimeoutMs),
    circuitBreakers: limit({
      maxConnections: tcp.maxConnections,
      maxPendingRequests: http.http1MaxPendingRequests,
      maxRequests: http.http2MaxRequests,
      maxRetries: http.maxRetries,
    }),
    ...(keepalive && {
      upstreamConnectionOptions: {
        tcpKeepalive: {
          ...(keepalive.probes !== undefined && { keepaliveProbes: keepalive.probes }),
          ...(keepalive.time !== undefined && { keepaliveTime: toSeconds(keepalive.time) }),
          ...(keepalive.interval !== undefined && { keepaliveInterval: toSeconds(keepalive.interval) }),
        },
      },
    }),
  };
}

/** What the connection pool says about HTTP connections; undefined for nothing. */
export function translateHttpPool({ http = {}, tcp = {} }: ConnectionPool = {}): CommonHttpOptions {
  const { maxRequestsPerConnection = 0 } = http;
  const { maxConnectionDuration } = tcp;
  const idleTimeout = http.idleTimeout ?? tcp.idleTimeout;
  if (idleTimeout === undefined && maxConnectionDuration === undefined && maxRequestsPerConnection === 0) {
    return undefined;
  }
  return {
    ...(idleTimeout !== undefined && { idleTimeout: createDuration(parseDurationMs(idleTimeout)) }),
    ...(maxConnectionDuration !== undefined && {
      maxConnectionDuration: createDuration(parseDurationMs(maxConnectionDuration)),
    }),
    ...(maxRequestsPerConnection > 0 && { maxRequestsPerConnection }),
  };
}

function limit(
  limits: Readonly<Record<'maxConnections' | 'maxPendingRequests' | 'maxRequests' | 'maxRetries', number | undefined>>,
): MessageInitShape<typeof CircuitBreakersSchema> {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined && value > 0);
  const thresholds = (unlimited().thresholds ?? []).map((threshold) => ({
    ...threshold,
    ...Object.fromEntries(given),
  }));
  return { thresholds };
}

function toSeconds(duration: string): number {
  return Math.floor(parseDurationMs(duration) / 1_000);
}
