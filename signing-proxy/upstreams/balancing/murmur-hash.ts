const MASK = 0xffff_ffff_ffff_ffffn;
const MULTIPLIER = 0xc6a4_a793_5bd1_e995n;
/** That of `std::hash` in libstdc++, which Envoy keeps to (envoyproxy/envoy `source/common/common/hash.h`). */
const SEED = 0xc70f_6907n;

/** MurmurHash2 of a text in UTF-8, in its form for 64 bits: `MURMUR_HASH_2` of Envoy's ring. */
export function hashMurmur2(text: string): bigint {
  const bytes = Buffer.from(text);
  const tail = bytes.length % 8;
  const end = bytes.length - tail;
  let hash = SEED ^ multiply(BigInt(bytes.length));
  for (let place = 0; place < end; place += 8)
    hash = multiply(hash ^ multiply(mix(multiply(bytes.readBigUInt64LE(place)))));
  if (tail > 0) hash = multiply(hash ^ BigInt(bytes.readUIntLE(end, Math.min(tail, 6))) ^ readSeventh(bytes, end + 6));
  return mix(multiply(mix(hash)));
}

function multiply(value: bigint): bigint {
  return (value * MULTIPLIER) & MASK;
}

function mix(value: bigint): bigint {
  return value ^ (value >> 47n);
}

/** Node reads no more than six bytes into a number. */
function readSeventh(bytes: Buffer, place: number): bigint {
  return BigInt(bytes[place] ?? 0) << 48n;
}
