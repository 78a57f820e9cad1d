import { createHmac } from 'node:crypto';
import { type CredentialScope, formatScope } from './credential-scope.ts';
import { HmacKey } from './hmac-key.ts';

const DEFAULT_CAPACITY = 1_000;

/** Signing keys by secret, day, region and service, so that a busy key is derived once a day. */
export class SigningKeyCache {
  readonly #capacity: number;
  /** By secret, then by scope: a secret's hash is computed once in the life of its string. */
  readonly #keys = new Map<string, Map<string, HmacKey>>();
  #size = 0;

  constructor(options: { capacity?: number } = {}) {
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
  }

  /** The signing key; derived once, unless so many others came after it that it was dropped. */
  get(secretAccessKey: string, scope: CredentialScope): HmacKey {
    const known = this.#keys.get(secretAccessKey)?.get(formatScope(scope));
    if (known !== undefined) return known;
    const key = new HmacKey(deriveSigningKey(secretAccessKey, scope));
    this.#add(secretAccessKey, formatScope(scope), key);
    return key;
  }

  #add(secretAccessKey: string, scopeText: string, key: HmacKey): void {
    if (this.#size >= this.#capacity) this.#clear();
    const keysOfSecret = this.#keys.get(secretAccessKey) ?? new Map<string, HmacKey>();
    this.#keys.set(secretAccessKey, keysOfSecret.set(scopeText, key));
    this.#size += 1;
  }

  /** Starting over is rare, and costs what one request per key costs. */
  #clear(): void {
    this.#keys.clear();
    this.#size = 0;
  }
}

/** The 32 bytes that sign everything of one day, region and service. */
export function deriveSigningKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  const dayKey = hmac(`AWS4${secretAccessKey}`, scope.day);
  const regionKey = hmac(dayKey, scope.region);
  const serviceKey = hmac(regionKey, scope.service);
  return hmac(serviceKey, scope.terminator);
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
