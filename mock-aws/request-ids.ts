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

  constructor(random: Random) {
    this.#x = random.integer(1, 0xffff_ffff);
    this.#y = random.integer(1, 0xffff_ffff);
    this.#z = random.integer(1, 0xffff_ffff);
    this.#w = random.integer(1, 0xffff_ffff);
  }

  next(): string {
    const first = this.#draw();
    const second = this.#draw();
    // RFC 9562: version 4 and the variant have fixed bits.
    const middle = toHex((this.#draw() & 0xffff_0fff) | 0x4000);
    const variant = toHex((this.#draw() & 0x3fff_ffff) | 0x8000_0000);
    return `${toHex(first)}-${middle.slice(0, 4)}-${middle.slice(4)}-${variant.slice(0, 4)}-${variant.slice(4)}${toHex(second)}`;
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

function toHex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0');
}
