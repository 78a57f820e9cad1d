import type { Random } from '#core/random.ts';

/**
 * Request ids in the form of version 4 UUIDs.
 *
 * Only their seed is drawn from `random`, whose hashing shows in the bench; the ids follow from it by xorshift128
 * (G. Marsaglia, "Xorshift RNGs", 2003). They name requests and protect nothing.
 */
export class RequestIds {
  #x: number;
  #y: number;
  #z: number;
  #w: number;
  readonly #bytes = Buffer.alloc(16);

  constructor(random: Random) {
    this.#x = random.integer(1, 0xffff_ffff);
    this.#y = random.integer(1, 0xffff_ffff);
    this.#z = random.integer(1, 0xffff_ffff);
    this.#w = random.integer(1, 0xffff_ffff);
  }

  next(): string {
    const bytes = this.#bytes;
    bytes.writeInt32BE(this.#draw(), 0);
    bytes.writeInt32BE(this.#draw(), 12);
    // RFC 9562: version 4 and the variant have fixed bits.
    bytes.writeInt32BE((this.#draw() & 0xffff_0fff) | 0x4000, 4);
    bytes.writeInt32BE((this.#draw() & 0x3fff_ffff) | 0x8000_0000, 8);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #draw(): number {
    const mixed = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = this.#w ^ (this.#w >>> 19) ^ mixed ^ (mixed >>> 8);
    return this.#w;
  }
}
