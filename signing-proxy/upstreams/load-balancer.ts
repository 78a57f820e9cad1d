import type { Random } from '#core/random.ts';
import { createHashBalancer, type HashRules } from './balancing/hash-balancer.ts';
import { createHashRing, type RingHashFunction, type RingSize } from './balancing/hash-ring.ts';
import { createMaglevTable } from './balancing/maglev-table.ts';
import type { Balanced, LoadBalancer } from './balancing/types.ts';

/** How a cluster chooses among its endpoints. */
export type LoadBalancingPlan =
  | { readonly kind: 'random' }
  | { readonly kind: 'round-robin'; readonly slowStart: SlowStart | undefined }
  | LeastRequestPlan
  | {
      readonly kind: 'ring-hash';
      readonly size: RingSize;
      readonly hash: RingHashFunction;
      readonly usesHostname: boolean;
    }
  | { readonly kind: 'maglev'; readonly size: number; readonly usesHostname: boolean };

export interface LeastRequestPlan {
  readonly kind: 'least-request';
  /** Candidates drawn for each request; all of them where it is infinite. */
  readonly choices: number;
  /** How much load counts against weight: 0 is not at all. */
  readonly bias: number;
  readonly slowStart: SlowStart | undefined;
}

/** How a cluster shares requests among its endpoints. */
export interface BalancingPlan {
  readonly policy: LoadBalancingPlan;
  /** Localities share requests by their weights. */
  readonly usesLocalityWeights: boolean;
}

/** New endpoints get their share little by little. */
export interface SlowStart {
  readonly windowMs: number;
  /** 1 grows evenly; more is faster at first. */
  readonly aggression: number;
  /** The least part of its weight that an endpoint has, 0 to 1. */
  readonly minimum: number;
}

/** What only a balancer by hash asks of its candidates. */
export type CandidateFacts<T> = Pick<HashRules<T>, 'keyOf' | 'weigh'>;

export function createLoadBalancer<T extends Balanced>(
  plan: LoadBalancingPlan,
  random: Random,
  facts: CandidateFacts<T>,
): LoadBalancer<T> {
  switch (plan.kind) {
    case 'random':
      return (candidates) => pickWeighted(candidates, random, ({ weight }) => weight);
    case 'least-request':
      return (candidates) => pickLeastRequest(candidates, plan, random);
    case 'round-robin':
      return createRoundRobin(random);
    case 'ring-hash':
      return createHashBalancer(
        { ...facts, createTable: (shares) => createHashRing(shares, plan.size, plan.hash) },
        random,
      );
    case 'maglev':
      return createHashBalancer({ ...facts, createTable: (shares) => createMaglevTable(shares, plan.size) }, random);
  }
}

/**
 * With equal weights Envoy compares a few candidates drawn at random; otherwise a candidate's weight shrinks with its load
 * (envoy load balancing docs, weighted least request).
 */
function pickLeastRequest<T extends Balanced>(
  candidates: readonly T[],
  { choices, bias }: LeastRequestPlan,
  random: Random,
): T {
  if (candidates.some(({ weight }) => weight !== candidates[0]?.weight)) {
    const weigh = ({ weight, activeRequests }: T) =>
      weight / (bias === 1 ? activeRequests + 1 : (activeRequests + 1) ** bias);
    return pickWeighted(candidates, random, weigh);
  }
  if (choices === Infinity) return pickIdlest(candidates, random);
  let best = random.pick(candidates);
  for (let drawn = 1; drawn < choices; drawn++) {
    const other = random.pick(candidates);
    if (other.activeRequests < best.activeRequests) best = other;
  }
  return best;
}

function pickIdlest<T extends Balanced>(candidates: readonly T[], random: Random): T {
  const least = Math.min(...candidates.map(({ activeRequests }) => activeRequests));
  return random.pick(candidates.filter(({ activeRequests }) => activeRequests === least));
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
