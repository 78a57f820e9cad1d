import type { Clock } from '#core/clock.ts';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { FailureWords } from '../dialects/types.ts';
import type { PodPlace } from '../pod-place.ts';
import type { Accepted } from '../resources/accepted.ts';
import type { NamedResources } from '../resources/named-resources.ts';
import type { ProxyStats } from '../stats.ts';
import type { SecretSources } from '../secrets/secret-sources.ts';
import type { Endpoint } from './endpoint.ts';

/** What the clusters of one proxy share. */
export interface ClusterEnvironment {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** The `source` of the timeline events. */
  readonly source: string;
  readonly place: PodPlace;
  /** The endpoints that discovery sent, by service name. */
  readonly endpoints: NamedResources<Accepted<readonly Endpoint[]>>;
  readonly secrets: SecretSources;
  readonly stats: ProxyStats;
  readonly words: FailureWords;
}
