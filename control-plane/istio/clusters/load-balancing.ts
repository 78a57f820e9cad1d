import { Cluster_LbPolicy } from '#xds/generated/messages.js';
import type { ConsistentHash, LoadBalancerSettings } from '../../kube/schemas/destination-rule.ts';
import { isAtLeast } from '../version.ts';
import type { ClusterInit } from './connection-pool.ts';

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
export function translateLoadBalancer(
  { simple = 'UNSPECIFIED', consistentHash }: LoadBalancerSettings = {},
  istioVersion: string,
): LoadBalancing {
  if (consistentHash !== undefined) return placeByHash(consistentHash);
  if (simple !== 'UNSPECIFIED') return { lbPolicy: POLICIES[simple] };
  return {
    lbPolicy: isAtLeast(istioVersion, '1.14') ? Cluster_LbPolicy.LEAST_REQUEST : Cluster_LbPolicy.ROUND_ROBIN,
  };
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
