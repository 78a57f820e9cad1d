import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { CredentialSources } from './credentials/types.ts';
import type { Dialect } from './dialects/types.ts';
import type { ProxyFiles } from './files.ts';
import type { ProxyLog } from './log.ts';
import type { ProxyStats } from './stats.ts';
import type { CompiledRouteTable } from './routing/types.ts';
import type { UpstreamClusters } from './upstreams/types.ts';

/** The accepted route tables. Ask per request: a table is replaced when a new one is accepted. */
interface RouteTables {
  find(name: string): CompiledRouteTable | undefined;
  /** The version that the table came with. */
  findVersion(name: string): string | undefined;
}

/** Who this proxy is, for substitutions, peer headers and logs. */
interface LocalInfo {
  /** `router~10.42.0.7~istio-ingressgateway-....istio-system~istio-system.svc.cluster.local` */
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** The pod's IP. */
  readonly address: string;
  /** Node metadata as the control plane was told. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Everything a listener, filter or route may use. */
export interface ProxyContext {
  readonly proxyName: string;
  /** The `source` of this proxy's timeline events: `proxy "httpbin-85d7"`. */
  readonly source: string;
  readonly localInfo: LocalInfo;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly log: ProxyLog;
  readonly stats: ProxyStats;
  /** What the counters of an HTTP filter begin with: `http.outbound_0.0.0.0_80.`. */
  readonly statPrefix?: string;
  /** The listener's `per_connection_buffer_limit_bytes`: most of a body that a filter may hold. Envoy's default unless set. */
  readonly bufferLimitBytes?: number;
  /** Whether the listener's `traffic_direction` is OUTBOUND. */
  readonly isOutbound?: boolean;
  readonly dialect: Dialect;
  readonly credentials: CredentialSources;
  /** What the process can read: mounted secrets and tokens. */
  readonly files: ProxyFiles;
  readonly clusters: UpstreamClusters;
  readonly routes: RouteTables;
}

/** The part of a context that is there before any resource is accepted. */
export type ContextBase = Omit<ProxyContext, 'clusters' | 'routes' | 'credentials'>;
