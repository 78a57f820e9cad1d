import {
  Cluster_LbPolicy as LbPolicy,
  Cluster_RingHashLbConfig_HashFunction as HashFunction,
  type Cluster,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { LoadBalancingPlan } from './load-balancer.ts';

const LEAST_REQUEST: LoadBalancingPlan = { kind: 'least-request', choices: 2 };

const TYPES = 'envoy.extensions.load_balancing_policies';
/** Those whose settings change nothing that is modelled here. */
const TYPED_POLICIES = new Map<string, LoadBalancingPlan>([
  [`${TYPES}.round_robin.v3.RoundRobin`, { kind: 'round-robin' }],
  [`${TYPES}.least_request.v3.LeastRequest`, LEAST_REQUEST],
  [`${TYPES}.random.v3.Random`, { kind: 'random' }],
  [`${TYPES}.cluster_provided.v3.ClusterProvided`, { kind: 'random' }],
]);

// Envoy's defaults (cluster.proto).
const RING_SIZE = { minimum: 1024, maximum: 8_388_608 };
const MAGLEV_TABLE_SIZE = 65_537;
const MAX_MAGLEV_TABLE_SIZE = 5_000_011;

/**
 * Reads how a cluster chooses among its endpoints: the first policy of the list that is known here, or the older field.
 *
 * @throws ConfigError
 */
export function compileLoadBalancing(config: Cluster): LoadBalancingPlan {
  const { loadBalancingPolicy } = config;
  if (loadBalancingPolicy === undefined) return compilePolicy(config);
  const types = loadBalancingPolicy.policies.map(({ typedExtensionConfig }) => {
    const url = typedExtensionConfig?.typedConfig?.typeUrl ?? '';
    return url.slice(url.lastIndexOf('/') + 1);
  });
  const known = types.flatMap((type) => TYPED_POLICIES.get(type) ?? []);
  if (known[0] !== undefined) return known[0];
  throw new ConfigError(
    `Didn't find a registered load balancer factory implementation for cluster: '${config.name}' with names from [${types.join(', ')}]`,
  );
}

function compilePolicy(config: Cluster): LoadBalancingPlan {
  switch (config.lbPolicy) {
    case LbPolicy.ROUND_ROBIN:
      return { kind: 'round-robin' };
    case LbPolicy.LEAST_REQUEST:
      return compileLeastRequest(config);
    case LbPolicy.RING_HASH:
      return compileRingHash(config);
    case LbPolicy.MAGLEV:
      return compileMaglev(config);
    case LbPolicy.RANDOM:
    // ORIGINAL_DST has one endpoint per connection; there is nothing to balance.
    case LbPolicy.CLUSTER_PROVIDED:
      return { kind: 'random' };
    case LbPolicy.LOAD_BALANCING_POLICY_CONFIG:
      throw new ConfigError('cluster: field load_balancing_policy need to be set');
  }
}

function compileLeastRequest({ lbConfig }: Cluster): LoadBalancingPlan {
  const choices = lbConfig.case === 'leastRequestLbConfig' ? lbConfig.value.choiceCount : undefined;
  return choices === undefined ? LEAST_REQUEST : { kind: 'least-request', choices };
}

function compileRingHash(config: Cluster): LoadBalancingPlan {
  const given = config.lbConfig.case === 'ringHashLbConfig' ? config.lbConfig.value : undefined;
  if (given?.hashFunction === HashFunction.MURMUR_HASH_2)
    throw new ConfigError('ring hash: hash_function MURMUR_HASH_2 is not supported');
  const minimum = Number(given?.minimumRingSize ?? RING_SIZE.minimum);
  const maximum = Number(given?.maximumRingSize ?? RING_SIZE.maximum);
  if (minimum > maximum)
    throw new ConfigError(`ring hash: minimum_ring_size (${minimum}) > maximum_ring_size (${maximum})`);
  return { kind: 'ring-hash', size: { minimum, maximum }, usesHostname: usesHostname(config) };
}

function compileMaglev(config: Cluster): LoadBalancingPlan {
  const given = config.lbConfig.case === 'maglevLbConfig' ? config.lbConfig.value.tableSize : undefined;
  const size = Number(given ?? MAGLEV_TABLE_SIZE);
  if (!isPrime(size)) throw new ConfigError('The table size of maglev must be prime number');
  if (size > MAX_MAGLEV_TABLE_SIZE)
    throw new ConfigError(`The table size of maglev must be at most ${MAX_MAGLEV_TABLE_SIZE}`);
  return { kind: 'maglev', size, usesHostname: usesHostname(config) };
}

function usesHostname({ commonLbConfig }: Cluster): boolean {
  const hashing = commonLbConfig?.consistentHashingLbConfig;
  if (hashing?.hashBalanceFactor !== undefined)
    throw new ConfigError('consistent hashing: hash_balance_factor is not supported');
  return hashing?.useHostnameForHashing === true;
}

function isPrime(size: number): boolean {
  if (size < 2) return false;
  for (let divisor = 2; divisor * divisor <= size; divisor++) if (size % divisor === 0) return false;
  return true;
}
