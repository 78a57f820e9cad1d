import { randomFillSync, randomUUID } from 'node:crypto';
import { drawFrom, type Random } from './random.ts';

const POOL_BYTES = 4096;

/** The machine's own chance, for servers that outsiders use: cheaper than a seeded stream, and never the same twice. */
export function createSystemRandom(): Random {
  let pool = Buffer.alloc(0);

  function bytes(length: number): Buffer {
    if (pool.length < length) pool = randomFillSync(Buffer.alloc(Math.max(length, POOL_BYTES)));
    const drawn = pool.subarray(0, length);
    pool = pool.subarray(length);
    return drawn;
  }

  const random: Random = { ...drawFrom(bytes, () => random), uuid: () => randomUUID() };
  return random;
}
