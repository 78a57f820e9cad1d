import type { Random } from '#core/random.ts';

/** What a load balancer looks at. */
export interface Balanced {
  readonly weight: number;
  /** Requests under way. */
  readonly activeRequests: number;
}

export type LoadBalancingPolicy = 'round-robin' | 'least-request' | 'random';

/** Chooses one of several candidates; there is at least one. */
export type LoadBalancer<T extends Balanced> = (candidates: readonly T[]) => T;

export function createLoadBalancer<T extends Balanced>(policy: LoadBalancingPolicy, random: Random): LoadBalancer<T> {
  switch (policy) {
    case 'random':
      return (candidates) => pickWeighted(candidates, random, ({ weight }) => weight);
    case 'least-request':
      return (candidates) => pickLeastRequest(candidates, random);
    case 'round-robin':
      return createRoundRobin(random);
  }
}

/**
 * With equal weights Envoy compares two candidates drawn at random; otherwise a candidate's weight shrinks with its load
 * (envoy load balancing docs, weighted least request).
 */
function pickLeastRequest<T extends Balanced>(candidates: readonly T[], random: Random): T {
  if (candidates.some(({ weight }) => weight !== candidates[0]?.weight)) {
    return pickWeighted(candidates, random, ({ weight, activeRequests }) => weight / (activeRequests + 1));
  }
  const one = random.pick(candidates);
  const other = random.pick(candidates);
  return other.activeRequests < one.activeRequests ? other : one;
}

function pickWeighted<T>(candidates: readonly T[], random: Random, weigh: (candidate: T) => number): T {
  const total = candidates.reduce((sum, candidate) => sum + weigh(candidate), 0);
  let drawn = random.float() * total;
  return candidates.find((candidate) => (drawn -= weigh(candidate)) < 0) ?? random.pick(candidates);
}

/** Each round a candidate gains its weight and the chosen one pays for all: turns are spread evenly. */
function createRoundRobin<T extends Balanced>(random: Random): LoadBalancer<T> {
  const credit = new WeakMap<T, number>();
  return (candidates) => {
    // Proxies that start together must not all begin with the same endpoint.
    for (const candidate of candidates) if (!credit.has(candidate)) credit.set(candidate, random.float());
    let best = random.pick(candidates);
    let total = 0;
    for (const candidate of candidates) {
      total += candidate.weight;
      credit.set(candidate, (credit.get(candidate) ?? 0) + candidate.weight);
      if ((credit.get(candidate) ?? 0) > (credit.get(best) ?? 0)) best = candidate;
    }
    credit.set(best, (credit.get(best) ?? 0) - total);
    return best;
  };
}
