import type { HashTable, Share } from './hash-table.ts';

export interface RingSize {
  readonly minimum: number;
  readonly maximum: number;
}

/** How hosts are placed; requests are hashed with xxHash whatever it says. */
export type RingHashFunction = (text: string) => bigint;

/**
 * Ketama, as Envoy's RING_HASH places hosts: each many times on a circle of hashes, the lightest often enough for the smallest
 * ring (envoyproxy/envoy `source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc`).
 */
export function createHashRing<T>(
  shares: readonly Share<T>[],
  { minimum, maximum }: RingSize,
  hash: RingHashFunction,
): HashTable<T> {
  const lightest = Math.min(...shares.map(({ share }) => share));
  const scale = Math.min(Math.ceil(lightest * minimum) / lightest, maximum);
  const ring = placeOnRing(shares, scale, hash).toSorted((a, b) => (a.hash < b.hash ? -1 : Number(a.hash > b.hash)));
  return {
    find(wanted, attempt) {
      const position = findPosition(ring, wanted);
      return ring[(position + attempt) % ring.length]?.host;
    },
  };
}

interface Place<T> {
  readonly hash: bigint;
  readonly host: T;
}

/** What a host's share leaves of a place goes to the next one. */
function placeOnRing<T>(shares: readonly Share<T>[], scale: number, hash: RingHashFunction): Place<T>[] {
  const ring: Place<T>[] = [];
  let target = 0;
  for (const { host, key, share } of shares) {
    target += scale * share;
    for (let copy = 0; ring.length < target; copy++) ring.push({ hash: hash(`${key}_${copy}`), host });
  }
  return ring;
}

/** The first place at or behind a hash; the first of all behind the last. */
function findPosition<T>(ring: readonly Place<T>[], hash: bigint): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ring[middle]?.hash ?? 0n) < hash) low = middle + 1;
    else high = middle;
  }
  return low === ring.length ? 0 : low;
}
