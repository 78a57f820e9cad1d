import { hash } from 'node:crypto';
import { toBytes } from './digest.ts';

const BLOCK_SIZE = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * An HMAC-SHA256 key with its padding done once (RFC 2104).
 *
 * `crypto.createHmac` builds a stream object per signature, which costs more than twice the hashing; two one-shot
 * hashes over prepared blocks give the same digest.
 */
export class HmacKey {
  readonly #innerBlock: Buffer;
  readonly #outerBlock: Buffer;

  /** @param key at most 64 bytes; a signing key has 32 */
  constructor(key: Uint8Array) {
    this.#innerBlock = createPaddedBlock(key, INNER_PAD);
    this.#outerBlock = createPaddedBlock(key, OUTER_PAD);
  }

  /** The HMAC of a byte string, in hex. */
  digestHex(text: string): string {
    const inner = hash('sha256', Buffer.concat([this.#innerBlock, toBytes(text)]), 'binary');
    return hash('sha256', Buffer.concat([this.#outerBlock, Buffer.from(inner, 'latin1')]), 'hex');
  }
}

function createPaddedBlock(key: Uint8Array, pad: number): Buffer {
  if (key.length > BLOCK_SIZE) throw new RangeError(`An HMAC key has at most ${BLOCK_SIZE} bytes, not ${key.length}`);
  const block = Buffer.alloc(BLOCK_SIZE, pad);
  for (const [index, byte] of key.entries()) block[index] = byte ^ pad;
  return block;
}
