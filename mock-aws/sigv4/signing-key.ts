import { createHmac } from 'node:crypto';
import { HmacKey } from './hmac-key.ts';

/** What a signing key is derived from. */
export interface SigningKeySource {
  readonly secretAccessKey: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** `aws4_request` in every scope that AWS accepts. */
  readonly terminator: string;
}

const DEFAULT_CAPACITY = 1_000;

/** Signing keys by secret, day, region and service, so that a busy key is derived once a day. */
export class SigningKeyCache {
  readonly #capacity: number;
  readonly #keys = new Map<string, HmacKey>();

  constructor(options: { capacity?: number } = {}) {
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
  }

  /** The signing key, derived at most once while it is among the last `capacity` ones asked for first. */
  get(source: SigningKeySource): HmacKey {
    // A secret never holds a line feed, and nor does a part of a scope that came from a header.
    const name = `${source.secretAccessKey}\n${source.day}\n${source.region}\n${source.service}\n${source.terminator}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = new HmacKey(deriveSigningKey(source));
    this.#dropOldest();
    this.#keys.set(name, key);
    return key;
  }

  #dropOldest(): void {
    if (this.#keys.size < this.#capacity) return;
    for (const name of this.#keys.keys()) {
      this.#keys.delete(name);
      return;
    }
  }
}

/** The 32 bytes that sign everything of one day, region and service. */
export function deriveSigningKey(source: SigningKeySource): Buffer {
  const dayKey = hmac(`AWS4${source.secretAccessKey}`, source.day);
  const regionKey = hmac(dayKey, source.region);
  const serviceKey = hmac(regionKey, source.service);
  return hmac(serviceKey, source.terminator);
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
