import type { MessageInitShape } from '@bufbuild/protobuf';
import { Cluster_LbPolicy, type Cluster_SlowStartConfigSchema } from '#xds/generated/messages.js';
import type { ConsistentHash, LoadBalancerSettings } from '../../kube/schemas/destination-rule.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { isAtLeast } from '../version.ts';
import type { ClusterInit } from './connection-pool.ts';

type SlowStartInit = MessageInitShape<typeof Cluster_SlowStartConfigSchema>;

/** How a cluster chooses among its endpoints, in Envoy's fields. */
export interface LoadBalancing {
  readonly lbPolicy: Cluster_LbPolicy;
  readonly lbConfig?: NonNullable<ClusterInit['lbConfig']>;
}

const POLICIES = {
  LEAST_CONN: Cluster_LbPolicy.LEAST_REQUEST,
  LEAST_REQUEST: Cluster_LbPolicy.LEAST_REQUEST,
  PASSTHROUGH: Cluster_LbPolicy.CLUSTER_PROVIDED,
  RANDOM: Cluster_LbPolicy.RANDOM,
  ROUND_ROBIN: Cluster_LbPolicy.ROUND_ROBIN,
} as const;

/** Least request replaced round robin as the default in 1.14 (istio/istio release notes). */
export function translateLoadBalancer(settings: LoadBalancerSettings = {}, istioVersion: string): LoadBalancing {
  const { simple = 'UNSPECIFIED', consistentHash } = settings;
  if (consistentHash !== undefined) return placeByHash(consistentHash);
  if (simple !== 'UNSPECIFIED') return startSlowly(POLICIES[simple], settings);
  const isNew = isAtLeast(istioVersion, '1.14');
  return startSlowly(isNew ? Cluster_LbPolicy.LEAST_REQUEST : Cluster_LbPolicy.ROUND_ROBIN, settings);
}

function startSlowly(lbPolicy: Cluster_LbPolicy, settings: LoadBalancerSettings): LoadBalancing {
  const slowStartConfig = createSlowStart(settings);
  if (slowStartConfig === undefined) return { lbPolicy };
  switch (lbPolicy) {
    case Cluster_LbPolicy.LEAST_REQUEST:
      return { lbPolicy, lbConfig: { case: 'leastRequestLbConfig', value: { slowStartConfig } } };
    case Cluster_LbPolicy.ROUND_ROBIN:
      return { lbPolicy, lbConfig: { case: 'roundRobinLbConfig', value: { slowStartConfig } } };
    default:
      return { lbPolicy };
  }
}

/** Runtime keys cannot be empty; nobody sets this one. */
const NO_RUNTIME_KEY = '(';

/** The older form leaves everything but the time to Envoy (istio `cluster_traffic_policy.go`, setWarmup). */
function createSlowStart({ warmup, warmupDurationSecs }: LoadBalancerSettings): SlowStartInit | undefined {
  if (warmup !== undefined) {
    const { aggression = 1, minimumPercent = 10 } = warmup;
    return {
      slowStartWindow: createDuration(parseDurationMs(warmup.duration)),
      aggression: { defaultValue: aggression, runtimeKey: NO_RUNTIME_KEY },
      minWeightPercent: { value: minimumPercent },
    };
  }
  if (warmupDurationSecs === undefined) return undefined;
  return { slowStartWindow: createDuration(parseDurationMs(warmupDurationSecs)) };
}

const RING_SIZE = 1024;

/** A ring unless a Maglev table is asked for; its size is written down only where the older field, or none, is used. */
function placeByHash({ maglev, ringHash, minimumRingSize = RING_SIZE }: ConsistentHash): LoadBalancing {
  if (maglev !== undefined) {
    const { tableSize = 0 } = maglev;
    return {
      lbPolicy: Cluster_LbPolicy.MAGLEV,
      ...(tableSize > 0 && { lbConfig: { case: 'maglevLbConfig', value: { tableSize: BigInt(tableSize) } } }),
    };
  }
  const size = ringHash === undefined ? minimumRingSize : (ringHash.minimumRingSize ?? 0);
  return {
    lbPolicy: Cluster_LbPolicy.RING_HASH,
    ...(size > 0 && { lbConfig: { case: 'ringHashLbConfig', value: { minimumRingSize: BigInt(size) } } }),
  };
}
