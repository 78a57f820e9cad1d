import type { RawHeaders } from '#core/http-message.ts';
import { findHeaderName } from './header-names.ts';

const COLON = 58;

/**
 * The headers of one request or response as Envoy holds them: ordered, names in lower case, pseudo headers
 * (`:method`, `:path`, `:authority`, `:scheme`, `:status`) first and apart from the rest.
 *
 * Requests have a few dozen headers at most, so a flat list searched from the front beats a hash table, and copying it
 * is one `slice`. Names given to methods must already be in lower case.
 */
export class HeaderMap {
  #pseudo: string[];
  #fields: string[];

  private constructor(pseudo: string[], fields: string[]) {
    this.#pseudo = pseudo;
    this.#fields = fields;
  }

  static empty(): HeaderMap {
    return new HeaderMap([], []);
  }

  /** Takes headers off the wire: names become lower case, values stay as they are, pseudo headers are put apart. */
  static fromRaw(raw: RawHeaders): HeaderMap {
    const headers = HeaderMap.empty();
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const { name, isJoined } = findHeaderName(raw[index] as string);
      const value = raw[index + 1] as string;
      if (isJoined) headers.append(name, value);
      else headers.#listOf(name).push(name, value);
    }
    return headers;
  }

  /** Takes name and value pairs in order, for tests and small replies. */
  static from(entries: Iterable<readonly [name: string, value: string]>): HeaderMap {
    const headers = HeaderMap.empty();
    for (const [name, value] of entries) headers.add(name.toLowerCase(), value);
    return headers;
  }

  /** The first value of a header. */
  get(name: string): string | undefined {
    const list = this.#listOf(name);
    for (let index = 0; index < list.length; index += 2) if (list[index] === name) return list[index + 1];
    return undefined;
  }

  /** Every value of a header, in order. */
  getAll(name: string): string[] {
    const list = this.#listOf(name);
    const values: string[] = [];
    for (let index = 0; index < list.length; index += 2)
      if (list[index] === name) values.push(list[index + 1] as string);
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Replaces every value of a header by one, in the place of the first, or adds it at the end. */
  set(name: string, value: string): void {
    const list = this.#listOf(name);
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] !== name) continue;
      list[index + 1] = value;
      removeFrom(list, name, index + 2);
      return;
    }
    list.push(name, value);
  }

  /** Adds one more value at the end. */
  add(name: string, value: string): void {
    this.#listOf(name).push(name, value);
  }

  /** Appends to the last value of a header with a separator, or adds the header. */
  append(name: string, value: string, separator = ','): void {
    const list = this.#listOf(name);
    for (let index = list.length - 2; index >= 0; index -= 2) {
      if (list[index] !== name) continue;
      if (value !== '') list[index + 1] = list[index + 1] === '' ? value : `${list[index + 1]}${separator}${value}`;
      return;
    }
    list.push(name, value);
  }

  /** Removes every value of a header and tells how many there were. */
  remove(name: string): number {
    return removeFrom(this.#listOf(name), name, 0);
  }

  /** Removes every header (never a pseudo header) whose name satisfies the predicate. */
  removeIf(isUnwanted: (name: string) => boolean): void {
    const fields = this.#fields;
    let kept = 0;
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string;
      if (isUnwanted(name)) continue;
      if (kept < index) {
        fields[kept] = name;
        fields[kept + 1] = fields[index + 1] as string;
      }
      kept += 2;
    }
    shorten(fields, kept);
  }

  /** Visits every header except the pseudo headers, in order. */
  forEach(visit: (name: string, value: string) => void): void {
    const fields = this.#fields;
    for (let index = 0; index < fields.length; index += 2) visit(fields[index] as string, fields[index + 1] as string);
  }

  /** Pseudo headers first, then the rest in order. */
  *entries(): Generator<[name: string, value: string]> {
    for (const list of [this.#pseudo, this.#fields]) {
      for (let index = 0; index < list.length; index += 2) yield [list[index] as string, list[index + 1] as string];
    }
  }

  clone(): HeaderMap {
    return new HeaderMap(this.#pseudo.slice(), this.#fields.slice());
  }

  /** Takes over what another map holds. */
  assign(other: HeaderMap): void {
    this.#pseudo = other.#pseudo.slice();
    this.#fields = other.#fields.slice();
  }

  /** The form Node's servers and clients take, without the pseudo headers. */
  toRaw(): string[] {
    return this.#fields.slice();
  }

  #listOf(name: string): string[] {
    return name.charCodeAt(0) === COLON ? this.#pseudo : this.#fields;
  }
}

function removeFrom(list: string[], name: string, start: number): number {
  let kept = start;
  for (let index = start; index < list.length; index += 2) {
    if (list[index] === name) continue;
    list[kept] = list[index] as string;
    list[kept + 1] = list[index + 1] as string;
    kept += 2;
  }
  const removed = (list.length - kept) / 2;
  shorten(list, kept);
  return removed;
}

/** V8 sets a length ten times slower than it takes off the few headers that go. */
function shorten(list: string[], length: number): void {
  while (list.length > length) list.pop();
}
