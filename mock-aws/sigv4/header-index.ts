import type { RawHeaders } from '#core/http-message.ts';

/** Received headers with their names in lower case, read once and searched by position. */
export class HeaderIndex {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  constructor(headers: RawHeaders) {
    for (let index = 0; index + 1 < headers.length; index += 2) {
      this.#names.push((headers[index] ?? '').toLowerCase());
      this.#values.push(headers[index + 1] ?? '');
    }
  }

  /** Lower-case names in the order received. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The first value of a header. */
  find(name: string): string | undefined {
    const at = this.#names.indexOf(name);
    return at === -1 ? undefined : this.#values[at];
  }

  /** Every value of a header, each mapped, joined in the order received. */
  join(name: string, separator: string, map: (value: string) => string): string | undefined {
    let at = this.#names.indexOf(name);
    if (at === -1) return undefined;
    let joined = map(this.#values[at] ?? '');
    while ((at = this.#names.indexOf(name, at + 1)) !== -1) joined += separator + map(this.#values[at] ?? '');
    return joined;
  }
}
