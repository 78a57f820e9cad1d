import type { Random } from '#core/random.ts';
import type { Balanced, LoadBalancer } from './types.ts';
import type { HashTable, Share } from './hash-table.ts';

/** What a balancer by hash needs to know of its candidates. */
export interface HashRules<T> {
  keyOf(candidate: T): string;
  /** How much each candidate gets, in any unit. */
  weigh(candidates: readonly T[]): readonly number[];
  createTable(shares: readonly Share<T>[]): HashTable<T>;
}

/** As many as there are usual sets of candidates: priorities, whole or without those ejected. */
const MAX_TABLES = 8;

/** Chooses by the hash of a request; by chance where it has none. Tables are kept while their candidates stay the same. */
export function createHashBalancer<T extends Balanced>(rules: HashRules<T>, random: Random): LoadBalancer<T> {
  let tables: KnownTable<T>[] = [];
  return (candidates, { hash = drawHash(random), attempt }) => {
    const weights = rules.weigh(candidates);
    let known = tables.find((table) => fits(table, candidates, weights));
    if (known === undefined) {
      known = { candidates, weights, table: rules.createTable(createShares(candidates, weights, rules)) };
      tables = [known, ...tables].slice(0, MAX_TABLES);
    }
    return known.table.find(hash, attempt) ?? random.pick(candidates);
  };
}

interface KnownTable<T> {
  readonly candidates: readonly T[];
  readonly weights: readonly number[];
  readonly table: HashTable<T>;
}

function fits<T>(known: KnownTable<T>, candidates: readonly T[], weights: readonly number[]): boolean {
  return (
    known.candidates.length === candidates.length &&
    candidates.every((candidate, index) => candidate === known.candidates[index]) &&
    weights.every((weight, index) => weight === known.weights[index])
  );
}

function createShares<T>(candidates: readonly T[], weights: readonly number[], rules: HashRules<T>): Share<T>[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return candidates
    .map((host, index) => ({ host, key: rules.keyOf(host), share: (weights[index] ?? 0) / total }))
    .filter(({ share }) => share > 0);
}

function drawHash(random: Random): bigint {
  return random.bytes(8).readBigUInt64BE();
}
