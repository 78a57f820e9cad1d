import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * A key for HMAC with SHA-256, padded once for all texts (RFC 2104). Two one-shot hashes a text cost less than Node's own object,
 * which looks its algorithm up and sets its key each time.
 */
export class HmacKey {
  readonly #inner: string;
  readonly #outer: string;

  /** @param key at most 64 bytes */
  constructor(key: Buffer) {
    this.#inner = pad(key, INNER);
    this.#outer = pad(key, OUTER);
  }

  /** @param text one byte a character. @returns lower-case hex */
  sign(text: string): string {
    const inner = hash('sha256', Buffer.from(this.#inner + text, 'latin1'), 'binary');
    return hash('sha256', Buffer.from(this.#outer + inner, 'latin1'));
  }
}

function pad(key: Buffer, value: number): string {
  if (key.length > BLOCK_BYTES) throw new RangeError('the key is longer than a block');
  const padded = Buffer.alloc(BLOCK_BYTES, value);
  for (const [index, byte] of key.entries()) padded[index] = byte ^ value;
  return padded.toString('latin1');
}
