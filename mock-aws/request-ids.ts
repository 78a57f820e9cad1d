import type { Random } from '#core/random.ts';

/** Hex characters of one id's chance. */
const ID_CHARACTERS = 32;
const IDS_PER_DRAW = 64;

/**
 * Request ids: version 4 UUIDs, drawn many at a time, because turning bytes into text once per request shows in the bench.
 */
export class RequestIds {
  readonly #random: Random;
  #drawn = '';
  #used = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): string {
    if (this.#used === this.#drawn.length) {
      this.#drawn = this.#random.hex(ID_CHARACTERS * IDS_PER_DRAW);
      this.#used = 0;
    }
    const hex = this.#drawn.slice(this.#used, this.#used + ID_CHARACTERS);
    this.#used += ID_CHARACTERS;
    const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3] ?? '8';
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
