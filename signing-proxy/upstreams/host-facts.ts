import { formatAddress } from '#core/address.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import type { Host } from './host.ts';
import type { CandidateFacts } from './load-balancer.ts';

/** What a balancer by hash knows of a cluster's hosts: the text that each is placed by, and its weight. */
export function createHostFacts(plan: Pick<ClusterPlan, 'policy' | 'usesLocalityWeights'>): CandidateFacts<Host> {
  const usesHostname = 'usesHostname' in plan.policy && plan.policy.usesHostname;
  return {
    keyOf: ({ endpoint }) => (usesHostname ? endpoint.hostname : formatAddress(endpoint.address)),
    weigh: plan.usesLocalityWeights ? weighByLocality : (hosts) => hosts.map(({ weight }) => weight),
  };
}

/** Each locality has its share, which its hosts divide among themselves. */
function weighByLocality(hosts: readonly Host[]): number[] {
  const totals = new Map<string, number>();
  for (const { endpoint, weight } of hosts) {
    const { name } = endpoint.locality;
    totals.set(name, (totals.get(name) ?? 0) + weight);
  }
  return hosts.map(({ endpoint, weight }) => {
    const { name, weight: ofLocality } = endpoint.locality;
    return (ofLocality * weight) / (totals.get(name) ?? 1);
  });
}
