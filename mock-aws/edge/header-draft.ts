import type { RawHeaders } from '#core/http-message.ts';
import type { EdgeChange, Evidence } from './types.ts';

/** Which rule makes a change, and how sure we are of it. */
export interface RuleOrigin {
  readonly rule: string;
  readonly evidence: Evidence;
}

interface DraftHeader {
  readonly rawName: string;
  readonly name: string;
  value: string;
}

/** Headers while the rules work on them; every change is recorded. */
export class HeaderDraft {
  readonly #changes: EdgeChange[] = [];
  readonly #original: RawHeaders;
  #headers: DraftHeader[] = [];

  constructor(headers: RawHeaders) {
    this.#original = headers;
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const rawName = headers[index] ?? '';
      this.#headers.push({ rawName, name: rawName.toLowerCase(), value: headers[index + 1] ?? '' });
    }
  }

  get changes(): readonly EdgeChange[] {
    return this.#changes;
  }

  /** True when any header has that lower-case name. */
  has(name: string): boolean {
    return this.#headers.some((header) => header.name === name);
  }

  /** The value of a header, or its values joined as HTTP joins them. */
  find(name: string): string | undefined {
    const values = this.#headers.filter((header) => header.name === name).map((header) => header.value);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** Replaces every value of a header by what `change` makes of it. */
  edit(name: string, origin: RuleOrigin, change: (value: string) => string): void {
    for (const header of this.#headers) {
      if (header.name !== name) continue;
      const to = change(header.value);
      if (to === header.value) continue;
      this.#record(name, { from: header.value, to }, origin);
      header.value = to;
    }
  }

  /** Gives a header one value, replacing the ones it had. */
  set(name: string, value: string, origin: RuleOrigin): void {
    const from = this.find(name);
    if (from === value) return;
    const [first, ...others] = this.#headers.filter((header) => header.name === name);
    if (first === undefined) this.#headers.push({ rawName: name, name, value });
    else first.value = value;
    this.#headers = this.#headers.filter((header) => !others.includes(header));
    this.#record(name, { from, to: value }, origin);
  }

  /** Takes out every header whose lower-case name satisfies the condition. */
  remove(origin: RuleOrigin, isRemoved: (name: string) => boolean): void {
    if (!this.#headers.some((header) => isRemoved(header.name))) return;
    this.#headers = this.#headers.filter(({ name, value }) => {
      if (!isRemoved(name)) return true;
      this.#record(name, { from: value, to: undefined }, origin);
      return false;
    });
  }

  /** Records what `set` would do, and does not do it. */
  report(name: string, value: string, origin: RuleOrigin): void {
    const from = this.find(name);
    if (from !== value) this.#changes.push({ ...origin, header: name, from, to: value, isApplied: false });
  }

  /** The headers as they stand now; the received array itself when nothing changed. */
  toHeaders(): RawHeaders {
    if (!this.#changes.some((change) => change.isApplied)) return this.#original;
    return this.#headers.flatMap(({ rawName, value }) => [rawName, value]);
  }

  #record(
    header: string,
    { from, to }: { from: string | undefined; to: string | undefined },
    origin: RuleOrigin,
  ): void {
    this.#changes.push({ ...origin, header, from, to, isApplied: true });
  }
}
