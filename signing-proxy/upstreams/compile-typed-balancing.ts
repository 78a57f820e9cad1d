import { anyIs } from '@bufbuild/protobuf/wkt';
import {
  ClusterProvidedSchema,
  LeastRequest_SelectionMethod as SelectionMethod,
  LeastRequestSchema,
  MaglevSchema,
  RandomSchema,
  RingHash_HashFunction as TypedHashFunction,
  RingHashSchema,
  RoundRobinSchema,
  type LeastRequest,
  type LoadBalancingPolicy_Policy as Policy,
  type LocalityLbConfig,
  type Maglev,
  type RingHash,
} from '#xds/generated/messages.js';
import { getTypeName } from '#xds/any-registry.ts';
import { ConfigError } from '../config-error.ts';
import { unpackConfig } from '../resources/unpack-config.ts';
import { hashMurmur2 } from './balancing/murmur-hash.ts';
import { checkRingSize, checkTableSize } from './balancing/table-sizes.ts';
import { hashXx64 } from './balancing/xx-hash.ts';
import { compileLeastRequest, compileSlowStart } from './compile-least-request.ts';
import type { BalancingPlan, LoadBalancingPlan } from './load-balancer.ts';

/**
 * The first policy of a list that is known here.
 *
 * @throws ConfigError when there is none, or it is not as it should be
 */
export function compileTypedPolicies(cluster: string, policies: readonly Policy[]): BalancingPlan {
  for (const policy of policies) {
    const plan = compileTyped(policy);
    if (plan !== undefined) return plan;
  }
  const types = policies.map(({ typedExtensionConfig }) => {
    const config = typedExtensionConfig?.typedConfig;
    return config === undefined ? '' : getTypeName(config);
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

function scansAll({ enableFullScan, selectionMethod }: LeastRequest): boolean {
  return enableFullScan ?? selectionMethod === SelectionMethod.FULL_SCAN;
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
