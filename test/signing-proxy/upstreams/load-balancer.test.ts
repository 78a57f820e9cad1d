import { describe, expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createLoadBalancer, type LoadBalancingPlan } from '#signing-proxy/upstreams/load-balancer.ts';
import type { Balanced } from '#signing-proxy/upstreams/balancing/types.ts';

interface Candidate extends Balanced {
  readonly name: string;
}

function candidate(name: string, weight = 1, activeRequests = 0): Candidate {
  return { name, weight, activeRequests };
}

const PLANS: Readonly<Record<'round-robin' | 'least-request' | 'random', LoadBalancingPlan>> = {
  'round-robin': { kind: 'round-robin', slowStart: undefined },
  'least-request': { kind: 'least-request', choices: 2, bias: 1, slowStart: undefined },
  random: { kind: 'random' },
};

const FACTS = {
  keyOf: ({ name }: Candidate) => name,
  weigh: (candidates: readonly Candidate[]) => candidates.map(({ weight }) => weight),
};

/** How often each candidate is chosen in a thousand turns. */
function count(policy: keyof typeof PLANS, candidates: readonly Candidate[]): Record<string, number> {
  const balance = createLoadBalancer(PLANS[policy], createRandom('balance'), FACTS);
  const counts: Record<string, number> = {};
  for (let turn = 0; turn < 1000; turn++) {
    const { name } = balance(candidates, { attempt: 0 });
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('load balancing', () => {
  test('gives everybody their turn, by weight', () => {
    expect(count('round-robin', [candidate('a'), candidate('b', 3)])).toEqual({ a: 250, b: 750 });
  });

  test('prefers the less busy of two', () => {
    const counts = count('least-request', [candidate('busy', 1, 5), candidate('idle')]);
    expect(counts['idle']).toBeGreaterThan(650);
  });

  test('shrinks the weight of the busy', () => {
    const counts = count('least-request', [candidate('busy', 4, 3), candidate('idle', 1)]);
    expect(counts['idle']).toBeGreaterThan(400);
    expect(counts['idle']).toBeLessThan(600);
  });

  test('does not count load where its bias is 0', () => {
    const plan = { kind: 'least-request', choices: 2, bias: 0, slowStart: undefined } as const;
    const balance = createLoadBalancer<Candidate>(plan, createRandom('balance'), FACTS);
    const candidates = [candidate('busy', 4, 3), candidate('idle', 1)];
    const chosen = Array.from({ length: 1000 }, () => balance(candidates, { attempt: 0 }).name);
    expect(chosen.filter((name) => name === 'busy').length).toBeGreaterThan(750);
  });

  test('looks at every candidate where it is to', () => {
    const plan = { kind: 'least-request', choices: Infinity, bias: 1, slowStart: undefined } as const;
    const balance = createLoadBalancer<Candidate>(plan, createRandom('balance'), FACTS);
    const candidates = [...Array.from({ length: 9 }, () => candidate('busy', 1, 1)), candidate('idle')];
    expect(balance(candidates, { attempt: 0 }).name).toBe('idle');
  });

  test('draws by weight', () => {
    const counts = count('random', [candidate('a'), candidate('b', 4)]);
    expect(counts['a']).toBeGreaterThan(150);
    expect(counts['a']).toBeLessThan(250);
  });

  test.each(['round-robin', 'least-request', 'random'] as const)(
    'chooses the same again with the same seed: %s',
    (policy) => {
      const candidates = [candidate('a'), candidate('b'), candidate('c')];
      expect(count(policy, candidates)).toEqual(count(policy, candidates));
    },
  );
});
