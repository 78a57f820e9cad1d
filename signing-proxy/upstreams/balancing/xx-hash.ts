const MASK = 0xffff_ffff_ffff_ffffn;
const PRIMES = {
  one: 0x9e37_79b1_85eb_ca87n,
  two: 0xc2b2_ae3d_27d4_eb4fn,
  three: 0x1656_67b1_9e37_79f9n,
  four: 0x85eb_ca77_c2b2_ae63n,
  five: 0x27d4_eb2f_1656_67c5n,
};
const STRIPE_BYTES = 32;

/** XXH64, by which Envoy spreads requests over endpoints (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). */
export function hashXx64(text: string, seed = 0n): bigint {
  const bytes = Buffer.from(text, 'utf8');
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES);
  let hash = bytes.length < STRIPE_BYTES ? wrap(seed + PRIMES.five) : hashStripes(bytes, stripesEnd, seed);
  hash = wrap(hash + BigInt(bytes.length));
  return avalanche(hashRest(bytes, stripesEnd, hash));
}

function hashStripes(bytes: Buffer, end: number, seed: bigint): bigint {
  const lanes = [wrap(seed + PRIMES.one + PRIMES.two), wrap(seed + PRIMES.two), seed, wrap(seed - PRIMES.one)];
  for (let offset = 0; offset < end; offset += 8) {
    const lane = (offset / 8) % 4;
    lanes[lane] = round(lanes[lane] ?? 0n, bytes.readBigUInt64LE(offset));
  }
  const turns = [1n, 7n, 12n, 18n];
  const joined = wrap(lanes.reduce((sum, lane, index) => sum + rotate(lane, turns[index] ?? 0n), 0n));
  return lanes.reduce((hash, lane) => wrap((hash ^ round(0n, lane)) * PRIMES.one + PRIMES.four), joined);
}

/** The bytes behind the last stripe: by eight, by four, one by one. */
function hashRest(bytes: Buffer, start: number, stripes: bigint): bigint {
  let hash = stripes;
  let offset = start;
  for (; offset + 8 <= bytes.length; offset += 8)
    hash = wrap(rotate(hash ^ round(0n, bytes.readBigUInt64LE(offset)), 27n) * PRIMES.one + PRIMES.four);
  if (offset + 4 <= bytes.length) {
    const word = BigInt(bytes.readUInt32LE(offset));
    hash = wrap(rotate(hash ^ wrap(word * PRIMES.one), 23n) * PRIMES.two + PRIMES.three);
    offset += 4;
  }
  for (const byte of bytes.subarray(offset))
    hash = wrap(rotate(hash ^ wrap(BigInt(byte) * PRIMES.five), 11n) * PRIMES.one);
  return hash;
}

function round(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * PRIMES.two), 31n) * PRIMES.one);
}

function avalanche(hash: bigint): bigint {
  const once = wrap((hash ^ (hash >> 33n)) * PRIMES.two);
  const twice = wrap((once ^ (once >> 29n)) * PRIMES.three);
  return twice ^ (twice >> 32n);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function wrap(value: bigint): bigint {
  return value & MASK;
}
