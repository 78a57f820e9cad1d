import type { RawHeaders } from '#core/http-message.ts';
import type { Evidence } from '#core/timeline.ts';
import type { EdgeChange } from './types.ts';

/** Which rule makes a change, and how sure we are of it. */
export interface RuleOrigin {
  readonly rule: string;
  readonly evidence: Evidence;
}

/** Stands in the list of names where a header was: no header's name is empty. */
const REMOVED = '';

/**
 * Headers while the rules work on them; every change is recorded.
 *
 * Three lists side by side rather than a list of objects: every request passes here, and most leave nearly as they came.
 */
export class HeaderDraft {
  readonly #changes: EdgeChange[] = [];
  readonly #rawNames: string[] = [];
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  constructor(headers: RawHeaders) {
    for (let index = 0; index + 1 < headers.length; index += 2)
      this.#add(headers[index] ?? '', headers[index + 1] ?? '');
  }

  get changes(): readonly EdgeChange[] {
    return this.#changes;
  }

  /** True when any header has that lower-case name. */
  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** The value of a header, or its values joined as HTTP joins them. */
  find(name: string): string | undefined {
    let at = this.#names.indexOf(name);
    if (at === -1) return undefined;
    let joined = this.#values[at] ?? '';
    while ((at = this.#names.indexOf(name, at + 1)) !== -1) joined += `, ${this.#values[at]}`;
    return joined;
  }

  /** Gives a header one value, in the place of the first it had. */
  set(name: string, value: string, origin: RuleOrigin): void {
    const from = this.find(name);
    if (from === value) return;
    const first = this.#names.indexOf(name);
    if (first === -1) this.#add(name, value);
    else this.#values[first] = value;
    for (let at = this.#names.lastIndexOf(name); at > first && first !== -1; at--) {
      if (this.#names[at] === name) this.#names[at] = REMOVED;
    }
    this.#record(origin, name, { from, to: value, isApplied: true });
  }

  /** Takes out every header whose lower-case name satisfies the condition. */
  remove(origin: RuleOrigin, isRemoved: (name: string) => boolean): void {
    // By index: entries() makes an array per header.
    for (let at = 0; at < this.#names.length; at++) {
      const header = this.#names[at] ?? REMOVED;
      if (header === REMOVED || !isRemoved(header)) continue;
      this.#names[at] = REMOVED;
      this.#record(origin, header, { from: this.#values[at], to: undefined, isApplied: true });
    }
  }

  /** Records what `set` would do, and does not do it. */
  report(name: string, value: string, origin: RuleOrigin): void {
    const from = this.find(name);
    if (from !== value) this.#record(origin, name, { from, to: value, isApplied: false });
  }

  /** The headers as they stand now. */
  toHeaders(): RawHeaders {
    const headers: string[] = [];
    for (let at = 0; at < this.#names.length; at++) {
      if (this.#names[at] !== REMOVED) headers.push(this.#rawNames[at] ?? '', this.#values[at] ?? '');
    }
    return headers;
  }

  #record(origin: RuleOrigin, header: string, change: Pick<EdgeChange, 'from' | 'to' | 'isApplied'>): void {
    const { rule, evidence } = origin;
    const { from, to, isApplied } = change;
    // Written out: a spread costs more than the rest of a rule, and every request passes here.
    this.#changes.push({ rule, header, from, to, evidence, isApplied });
  }

  #add(rawName: string, value: string): void {
    this.#rawNames.push(rawName);
    this.#names.push(rawName.toLowerCase());
    this.#values.push(value);
  }
}
