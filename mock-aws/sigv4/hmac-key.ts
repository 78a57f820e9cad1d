import { hash } from 'node:crypto';
import { toByteString } from './digest.ts';

const BLOCK_SIZE = 64;
const DIGEST_SIZE = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * An HMAC-SHA256 key with its padding done once (RFC 2104).
 *
 * `crypto.createHmac` builds a stream object per signature, which costs more than the hashing; two one-shot hashes over
 * prepared blocks give the same digest. Not reentrant, and need not be: nothing in it waits.
 */
export class HmacKey {
  /** The inner pad and room for a message; strings to sign of one scope all have one length. */
  #inner: Buffer;
  readonly #outer: Buffer;

  /** @param key at most 64 bytes; a signing key has 32 */
  constructor(key: Uint8Array) {
    this.#inner = createPaddedBlock(key, INNER_PAD);
    this.#outer = Buffer.concat([createPaddedBlock(key, OUTER_PAD), Buffer.alloc(DIGEST_SIZE)]);
  }

  /** The HMAC of a byte string, in hex. */
  digestHex(text: string): string {
    const message = toByteString(text);
    this.#fitMessage(message.length);
    this.#inner.write(message, BLOCK_SIZE, 'latin1');
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_SIZE, 'latin1');
    return hash('sha256', this.#outer, 'hex');
  }

  #fitMessage(length: number): void {
    if (this.#inner.length === BLOCK_SIZE + length) return;
    this.#inner = Buffer.concat([this.#inner.subarray(0, BLOCK_SIZE), Buffer.alloc(length)]);
  }
}

function createPaddedBlock(key: Uint8Array, pad: number): Buffer {
  if (key.length > BLOCK_SIZE) throw new RangeError(`An HMAC key has at most ${BLOCK_SIZE} bytes, not ${key.length}`);
  const block = Buffer.alloc(BLOCK_SIZE, pad);
  for (const [index, byte] of key.entries()) block[index] = byte ^ pad;
  return block;
}
