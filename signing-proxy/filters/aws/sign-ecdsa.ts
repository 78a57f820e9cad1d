import { createECDH, createHmac } from 'node:crypto';

/** The number of points on the curve P-256. */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Signs a SHA-256 digest on P-256, in DER. The nonce comes from key and digest (RFC 6979): what Node's own signer draws
 * at random would make two runs with one seed differ.
 */
export function signEcdsa(digest: Buffer, privateKey: bigint): Buffer {
  const z = toNumber(digest);
  for (const nonce of createNonces(digest, privateKey)) {
    const r = multiplyBasePoint(nonce) % P256_ORDER;
    const s = (invert(nonce) * ((z + r * privateKey) % P256_ORDER)) % P256_ORDER;
    if (r !== 0n && s !== 0n) return encodeDer(r, s);
  }
  throw new RangeError('unreachable: the nonces do not end');
}

/** RFC 6979 3.2, for a digest and a curve of 256 bits both. */
function* createNonces(digest: Buffer, privateKey: bigint): Generator<bigint> {
  const seed = Buffer.concat([toBytes(privateKey), toBytes(toNumber(digest) % P256_ORDER)]);
  let value: Buffer = Buffer.alloc(32, 1);
  let key: Buffer = Buffer.alloc(32, 0);
  const mix = (separator: number, data: Buffer) => {
    key = hmac(key, Buffer.concat([value, Buffer.from([separator]), data]));
    value = hmac(key, value);
  };
  mix(0, seed);
  mix(1, seed);
  for (;;) {
    value = hmac(key, value);
    const nonce = toNumber(value);
    if (nonce > 0n && nonce < P256_ORDER) yield nonce;
    mix(0, Buffer.alloc(0));
  }
}

/** The x coordinate of a multiple of the base point: that of the public key which belongs to the number. */
function multiplyBasePoint(factor: bigint): bigint {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(toBytes(factor));
  return toNumber(pair.getPublicKey().subarray(1, 33));
}

/** Extended Euclid. */
function invert(number: bigint): bigint {
  let [a, b] = [number % P256_ORDER, P256_ORDER];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % P256_ORDER) + P256_ORDER) % P256_ORDER;
}

function encodeDer(r: bigint, s: bigint): Buffer {
  const content = Buffer.concat([encodeInteger(r), encodeInteger(s)]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

function encodeInteger(number: bigint): Buffer {
  const bytes = toBytes(number);
  const first = bytes.findIndex((byte) => byte !== 0);
  const trimmed = bytes.subarray(first);
  // A leading bit would make the number negative.
  const content = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function toBytes(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}
