import { createHmac } from 'node:crypto';
import { HmacKey } from './hmac-key.ts';

/** Two keys of one rotation in a handful of regions, on both sides of midnight. */
const MAX_ENTRIES = 32;

export interface KeyScope {
  readonly secretAccessKey: string;
  /** `20220801` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Derives signing keys and keeps the latest: four HMACs per request are a fifth of what signing costs. */
export class SigningKeyCache {
  readonly #entries: { readonly scope: KeyScope; readonly key: HmacKey }[] = [];

  get(scope: KeyScope): HmacKey {
    const known = this.#entries.find((entry) => isSameScope(entry.scope, scope));
    if (known !== undefined) return known.key;
    const key = deriveSigningKey(scope);
    this.#entries.unshift({ scope, key });
    this.#entries.length = Math.min(this.#entries.length, MAX_ENTRIES);
    return key;
  }
}

function isSameScope(a: KeyScope, b: KeyScope): boolean {
  return (
    a.date === b.date && a.region === b.region && a.service === b.service && a.secretAccessKey === b.secretAccessKey
  );
}

function deriveSigningKey({ secretAccessKey, date, region, service }: KeyScope): HmacKey {
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (derived, text) => createHmac('sha256', derived).update(text).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return new HmacKey(key);
}
