import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type CircuitBreakersSchema,
  type CircuitBreakers_Thresholds_RetryBudgetSchema,
  type Cluster,
  type ClusterSchema,
  type HttpProtocolOptionsSchema,
} from '#xds/generated/messages.js';
import type { ConnectionPool, RetryBudget } from '../../kube/schemas/destination-rule.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { UNLIMITED_THRESHOLD } from './defaults.ts';
import type { PortPolicy } from './traffic-policy.ts';

export type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, Cluster>;
type RetryBudgetInit = MessageInitShape<typeof CircuitBreakers_Thresholds_RetryBudgetSchema>;
type CommonHttpOptions = MessageInitShape<typeof HttpProtocolOptionsSchema>['commonHttpProtocolOptions'];

/** Timeouts, keep-alive and circuit breakers of a cluster; what is not said is unlimited (istio `cluster_traffic_policy.go`). */
export function translateConnectionPool(
  { connectionPool = {}, retryBudget }: PortPolicy,
  defaultConnectMs: number,
): ClusterInit {
  const { tcp = {}, http = {} } = connectionPool;
  const { connectTimeout, tcpKeepalive: keepalive } = tcp;
  const connectTimeoutMs = connectTimeout === undefined ? defaultConnectMs : parseDurationMs(connectTimeout);
  return {
    connectTimeout: createDuration(connectTimeoutMs),
    circuitBreakers: limit(
      {
        maxConnections: tcp.maxConnections,
        maxPendingRequests: http.http1MaxPendingRequests,
        maxRequests: http.http2MaxRequests,
        maxRetries: http.maxRetries,
      },
      retryBudget,
    ),
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
  retryBudget: RetryBudget | undefined,
): MessageInitShape<typeof CircuitBreakersSchema> {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined && value > 0);
  const budget = retryBudget && { retryBudget: translateRetryBudget(retryBudget) };
  return { thresholds: [{ ...UNLIMITED_THRESHOLD, ...Object.fromEntries(given), ...budget }] };
}

/** 0 stands for what is not said. */
function translateRetryBudget({ percent = 20, minRetryConcurrency = 0 }: RetryBudget): RetryBudgetInit {
  return {
    budgetPercent: { value: percent },
    minRetryConcurrency: minRetryConcurrency === 0 ? 3 : minRetryConcurrency,
  };
}

function toSeconds(duration: string): number {
  return Math.floor(parseDurationMs(duration) / 1_000);
}
