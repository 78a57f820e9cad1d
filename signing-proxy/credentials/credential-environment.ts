import type { Clock } from '#core/clock.ts';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { Dialect } from '../dialects/types.ts';
import type { ProxyFiles } from '../files.ts';
import type { ProxyLog } from '../log.ts';
import type { ProxyStats } from '../stats.ts';
import type { UpstreamClusters } from '../upstreams/types.ts';
import type { InternalClusters } from './internal-clusters.ts';

/** What the credential sources of one proxy share. */
export interface CredentialEnvironment {
  /** The process environment as it was at start. Later changes to it are not seen, as in a real process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runtime flags that the bootstrap sets, by their names. */
  readonly runtimeFlags: Readonly<Record<string, boolean>>;
  readonly files: ProxyFiles;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** The zone that a blocking client reaches metadata endpoints from. */
  readonly zone: string;
  readonly clusters: UpstreamClusters;
  readonly internalClusters: InternalClusters;
  readonly stats: ProxyStats;
  readonly log: ProxyLog;
  readonly timeline: Timeline;
  /** The `source` of the timeline events. */
  readonly source: string;
  /** Aborts when the proxy ends: a fetch under way ends with it. */
  readonly signal: AbortSignal;
}
