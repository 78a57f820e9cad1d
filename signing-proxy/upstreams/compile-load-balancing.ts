import { anyIs } from '@bufbuild/protobuf/wkt';
import {
  Cluster_LbPolicy as LbPolicy,
  Cluster_RingHashLbConfig_HashFunction as HashFunction,
  ClusterProvidedSchema,
  LeastRequest_SelectionMethod as SelectionMethod,
  LeastRequestSchema,
  MaglevSchema,
  RandomSchema,
  RingHash_HashFunction as TypedHashFunction,
  RingHashSchema,
  RoundRobinSchema,
  type Cluster,
  type Cluster_LeastRequestLbConfig,
  type Cluster_SlowStartConfig,
  type LeastRequest,
  type LoadBalancingPolicy_Policy as Policy,
  type LocalityLbConfig,
  type Maglev,
  type RingHash,
  type SlowStartConfig,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { unpackConfig } from '../resources/unpack-config.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { hashMurmur2 } from './balancing/murmur-hash.ts';
import { hashXx64 } from './balancing/xx-hash.ts';
import type { LeastRequestPlan, LoadBalancingPlan, SlowStart } from './load-balancer.ts';

/** How a cluster shares requests among its endpoints. */
export interface BalancingPlan {
  readonly policy: LoadBalancingPlan;
  /** Localities share requests by their weights. */
  readonly usesLocalityWeights: boolean;
}

// Envoy's defaults (cluster.proto).
const LEAST_REQUEST_CHOICES = 2;
const RING_SIZE = { minimum: 1024, maximum: 8_388_608 };
const MAGLEV_TABLE_SIZE = 65_537;
const MAX_MAGLEV_TABLE_SIZE = 5_000_011;
const LEAST_WARMTH_PERCENT = 10;

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

function compileTypedPolicies(cluster: string, policies: readonly Policy[]): BalancingPlan {
  for (const policy of policies) {
    const plan = compileTyped(policy);
    if (plan !== undefined) return plan;
  }
  const types = policies.map(({ typedExtensionConfig }) => {
    const url = typedExtensionConfig?.typedConfig?.typeUrl ?? '';
    return url.slice(url.lastIndexOf('/') + 1);
  });
  throw new ConfigError(
    `Didn't find a registered load balancer factory implementation for cluster: '${cluster}' with names from [${types.join(', ')}]`,
  );
}

/** Undefined for a type that is not known here. */
function compileTyped({ typedExtensionConfig }: Policy): BalancingPlan | undefined {
  const config = typedExtensionConfig?.typedConfig;
  if (config === undefined) return undefined;
  if (anyIs(config, RoundRobinSchema)) {
    const { slowStartConfig, localityLbConfig } = unpackConfig(config, RoundRobinSchema);
    return inLocalities({ kind: 'round-robin', slowStart: compileSlowStart(slowStartConfig) }, localityLbConfig);
  }
  if (anyIs(config, LeastRequestSchema)) {
    const typed = unpackConfig(config, LeastRequestSchema);
    return inLocalities(compileLeastRequest(typed, scansAll(typed)), typed.localityLbConfig);
  }
  if (anyIs(config, RandomSchema))
    return inLocalities({ kind: 'random' }, unpackConfig(config, RandomSchema).localityLbConfig);
  if (anyIs(config, ClusterProvidedSchema)) return { policy: { kind: 'random' }, usesLocalityWeights: false };
  if (anyIs(config, RingHashSchema)) return compileTypedRing(unpackConfig(config, RingHashSchema));
  return anyIs(config, MaglevSchema) ? compileTypedMaglev(unpackConfig(config, MaglevSchema)) : undefined;
}

function inLocalities(policy: LoadBalancingPlan, localities: LocalityLbConfig | undefined): BalancingPlan {
  const usesLocalityWeights = localities?.localityConfigSpecifier.case === 'localityWeightedLbConfig';
  return { policy, usesLocalityWeights };
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

function compileLeastRequest(
  given: Cluster_LeastRequestLbConfig | LeastRequest | undefined,
  isFullScan = false,
): LeastRequestPlan {
  return {
    kind: 'least-request',
    choices: isFullScan ? Infinity : (given?.choiceCount ?? LEAST_REQUEST_CHOICES),
    bias: given?.activeRequestBias?.defaultValue ?? 1,
    slowStart: compileSlowStart(given?.slowStartConfig),
  };
}

function scansAll({ enableFullScan, selectionMethod }: LeastRequest): boolean {
  return enableFullScan ?? selectionMethod === SelectionMethod.FULL_SCAN;
}

function compileSlowStart(config: Cluster_SlowStartConfig | SlowStartConfig | undefined): SlowStart | undefined {
  const windowMs = toMilliseconds(config?.slowStartWindow) ?? 0;
  if (config === undefined || windowMs === 0) return undefined;
  const { aggression, minWeightPercent } = config;
  const given = aggression?.defaultValue ?? 1;
  return {
    windowMs,
    // Envoy takes 1 where it is told something that makes no sense.
    aggression: given > 0 ? given : 1,
    minimum: (minWeightPercent?.value ?? LEAST_WARMTH_PERCENT) / 100,
  };
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

function compileTypedRing(given: RingHash): BalancingPlan {
  const policy = {
    kind: 'ring-hash',
    size: checkRingSize(given),
    hash: given.hashFunction === TypedHashFunction.MURMUR_HASH_2 ? hashMurmur2 : hashXx64,
    usesHostname: given.consistentHashingLbConfig?.useHostnameForHashing ?? given.useHostnameForHashing,
  } as const;
  return { policy, usesLocalityWeights: given.localityWeightedLbConfig !== undefined };
}

function compileTypedMaglev(given: Maglev): BalancingPlan {
  const policy = {
    kind: 'maglev',
    size: checkTableSize(given.tableSize),
    usesHostname: given.consistentHashingLbConfig?.useHostnameForHashing ?? false,
  } as const;
  return { policy, usesLocalityWeights: given.localityWeightedLbConfig !== undefined };
}

type RingSizes = Pick<RingHash, 'minimumRingSize' | 'maximumRingSize'>;

function checkRingSize(given: RingSizes | undefined): typeof RING_SIZE {
  const minimum = Number(given?.minimumRingSize ?? RING_SIZE.minimum);
  const maximum = Number(given?.maximumRingSize ?? RING_SIZE.maximum);
  if (minimum > maximum)
    throw new ConfigError(`ring hash: minimum_ring_size (${minimum}) > maximum_ring_size (${maximum})`);
  return { minimum, maximum };
}

function checkTableSize(given: bigint | undefined): number {
  const size = Number(given ?? MAGLEV_TABLE_SIZE);
  if (!isPrime(size)) throw new ConfigError('The table size of maglev must be prime number');
  if (size > MAX_MAGLEV_TABLE_SIZE)
    throw new ConfigError(`The table size of maglev must be at most ${MAX_MAGLEV_TABLE_SIZE}`);
  return size;
}

function usesHostname({ commonLbConfig }: Cluster): boolean {
  return commonLbConfig?.consistentHashingLbConfig?.useHostnameForHashing === true;
}

function isPrime(size: number): boolean {
  if (size < 2) return false;
  for (let divisor = 2; divisor * divisor <= size; divisor++) if (size % divisor === 0) return false;
  return true;
}
