import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Cluster_LbPolicy,
  type CircuitBreakersSchema,
  type Cluster,
  type ClusterSchema,
  type HttpProtocolOptionsSchema,
} from '#xds/generated/messages.js';
import type { ConnectionPool, LoadBalancerSettings } from '../../kube/schemas/destination-rule.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { isAtLeast } from '../version.ts';
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
export function translateHttpPool({ http = {} }: ConnectionPool = {}): CommonHttpOptions {
  const { idleTimeout, maxRequestsPerConnection = 0 } = http;
  if (idleTimeout === undefined && maxRequestsPerConnection === 0) return undefined;
  return {
    ...(idleTimeout !== undefined && { idleTimeout: createDuration(parseDurationMs(idleTimeout)) }),
    ...(maxRequestsPerConnection > 0 && { maxRequestsPerConnection }),
  };
}

const POLICIES = {
  LEAST_CONN: Cluster_LbPolicy.LEAST_REQUEST,
  LEAST_REQUEST: Cluster_LbPolicy.LEAST_REQUEST,
  PASSTHROUGH: Cluster_LbPolicy.CLUSTER_PROVIDED,
  RANDOM: Cluster_LbPolicy.RANDOM,
  ROUND_ROBIN: Cluster_LbPolicy.ROUND_ROBIN,
} as const;

/** Least request replaced round robin as the default in 1.14 (istio/istio release notes). */
export function translateLoadBalancer(
  { simple = 'UNSPECIFIED' }: LoadBalancerSettings = {},
  istioVersion: string,
): Cluster_LbPolicy {
  if (simple !== 'UNSPECIFIED') return POLICIES[simple];
  return isAtLeast(istioVersion, '1.14') ? Cluster_LbPolicy.LEAST_REQUEST : Cluster_LbPolicy.ROUND_ROBIN;
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
