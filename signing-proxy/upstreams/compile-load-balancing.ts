import {
  Cluster_LbPolicy as LbPolicy,
  Cluster_RingHashLbConfig_HashFunction as HashFunction,
  type Cluster,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { hashMurmur2 } from './balancing/murmur-hash.ts';
import { checkRingSize, checkTableSize } from './balancing/table-sizes.ts';
import { hashXx64 } from './balancing/xx-hash.ts';
import { compileLeastRequest, compileSlowStart } from './compile-least-request.ts';
import { compileTypedPolicies } from './compile-typed-balancing.ts';
import type { BalancingPlan, LoadBalancingPlan } from './load-balancer.ts';

/**
 * Reads how a cluster chooses among its endpoints: the first policy of the list that is known here, or the older field.
 *
 * @throws ConfigError
 */
export function compileLoadBalancing(config: Cluster): BalancingPlan {
  const { loadBalancingPolicy, commonLbConfig } = config;
  if (loadBalancingPolicy !== undefined) return compileTypedPolicies(config.name, loadBalancingPolicy.policies);
  const usesLocalityWeights = commonLbConfig?.localityConfigSpecifier.case === 'localityWeightedLbConfig';
  return { policy: compilePolicy(config), usesLocalityWeights };
}

function compilePolicy(config: Cluster): LoadBalancingPlan {
  const { lbConfig } = config;
  switch (config.lbPolicy) {
    case LbPolicy.ROUND_ROBIN: {
      const given = lbConfig.case === 'roundRobinLbConfig' ? lbConfig.value.slowStartConfig : undefined;
      return { kind: 'round-robin', slowStart: compileSlowStart(given) };
    }
    case LbPolicy.LEAST_REQUEST:
      return compileLeastRequest(lbConfig.case === 'leastRequestLbConfig' ? lbConfig.value : undefined);
    case LbPolicy.RING_HASH:
      return compileRingHash(config);
    case LbPolicy.MAGLEV: {
      const given = lbConfig.case === 'maglevLbConfig' ? lbConfig.value.tableSize : undefined;
      return { kind: 'maglev', size: checkTableSize(given), usesHostname: usesHostname(config) };
    }
    case LbPolicy.RANDOM:
    // ORIGINAL_DST has one endpoint per connection; there is nothing to balance.
    case LbPolicy.CLUSTER_PROVIDED:
      return { kind: 'random' };
    case LbPolicy.LOAD_BALANCING_POLICY_CONFIG:
      throw new ConfigError('cluster: field load_balancing_policy need to be set');
  }
}

function compileRingHash(config: Cluster): LoadBalancingPlan {
  const given = config.lbConfig.case === 'ringHashLbConfig' ? config.lbConfig.value : undefined;
  return {
    kind: 'ring-hash',
    size: checkRingSize(given),
    hash: given?.hashFunction === HashFunction.MURMUR_HASH_2 ? hashMurmur2 : hashXx64,
    usesHostname: usesHostname(config),
  };
}

function usesHostname({ commonLbConfig }: Cluster): boolean {
  return commonLbConfig?.consistentHashingLbConfig?.useHostnameForHashing === true;
}
