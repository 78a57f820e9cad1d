import { hashXx64 } from './xx-hash.ts';
import type { HashTable, Share } from './hash-table.ts';

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/**
 * Maglev, as Envoy fills its table: host after host takes the next free place of its own order, the lighter ones less often
 * (envoyproxy/envoy `source/extensions/load_balancing_policies/maglev/maglev_lb.cc`).
 *
 * @param size a prime number
 */
export function createMaglevTable<T>(shares: readonly Share<T>[], size: number): HashTable<T> {
  const table = fillTable(shares, size);
  return {
    find(hash, attempt) {
      const turned = attempt === 0 ? hash : hash ^ (ALL_BITS - BigInt(attempt) + 1n);
      return table[Number(turned % BigInt(size))]?.host;
    },
  };
}

function fillTable<T>(shares: readonly Share<T>[], size: number): Share<T>[] {
  const table: Share<T>[] = Array.from({ length: size });
  const heaviest = Math.max(...shares.map(({ share }) => share));
  // The order of hosts decides who gets a place that several want, so it must not depend on that of the endpoints.
  const builders = shares
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map((share) => ({ share, order: createOrder(share.key, size), due: 0 }));
  const isFree = (place: number): boolean => table[place] === undefined;
  let filled = 0;
  for (let turn = 1; filled < size; turn++) {
    for (const builder of builders) {
      if (filled === size) break;
      if (turn * builder.share.share < builder.due) continue;
      builder.due += heaviest;
      table[builder.order.next(isFree)] = builder.share;
      filled++;
    }
  }
  return table;
}

/** All places of a table, in the order in which a host wants them. */
function createOrder(key: string, size: number): { next(isFree: (place: number) => boolean): number } {
  const skip = Number(hashXx64(key, 1n) % BigInt(size - 1)) + 1;
  let place = Number(hashXx64(key) % BigInt(size));
  return {
    next(isFree) {
      while (!isFree(place)) place = (place + skip) % size;
      const found = place;
      place = (place + skip) % size;
      return found;
    },
  };
}
