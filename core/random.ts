import { hash } from 'node:crypto';

/** Chance as an argument: every stream is a function of the seed and the names it was forked by. */
export interface Random {
  /** An independent stream. The same seed and the same names give the same stream, whatever else was drawn. */
  fork(name: string): Random;
  bytes(length: number): Buffer;
  /** At least 0, less than 1. */
  float(): number;
  /** Both ends included. */
  integer(min: number, max: number): number;
  hex(characters: number): string;
  /** A version 4 UUID. */
  uuid(): string;
  /** @throws RangeError when there is nothing to pick from. */
  pick<T>(items: readonly T[]): T;
}

/** SHA-256 in counter mode: slow for bulk data, but the same on every machine and independent of call order between forks. */
export function createRandom(seed: string): Random {
  let counter = 0;
  let pool = Buffer.alloc(0);

  function bytes(length: number): Buffer {
    const blocks = [pool];
    for (let have = pool.length; have < length;) {
      const block = hash('sha256', `${seed}\n${counter++}`, 'buffer');
      blocks.push(block);
      have += block.length;
    }
    const all = blocks.length === 1 ? pool : Buffer.concat(blocks);
    pool = all.subarray(length);
    return all.subarray(0, length);
  }

  return drawFrom(bytes, (name) => createRandom(`${seed}/${name}`));
}

/** Everything else that can be drawn, from a source of bytes. */
export function drawFrom(bytes: Random['bytes'], fork: Random['fork']): Random {
  const float = () => bytes(6).readUIntBE(0, 6) / 2 ** 48;
  return {
    fork,
    bytes,
    float,
    integer: (min, max) => min + Math.floor(float() * (max - min + 1)),
    hex: (characters) =>
      bytes(Math.ceil(characters / 2))
        .toString('hex')
        .slice(0, characters),
    uuid: () => formatUuid(bytes(16)),
    pick(items) {
      const item = items[Math.floor(float() * items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}

function formatUuid(random: Buffer): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
