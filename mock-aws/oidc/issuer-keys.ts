import type { Clock, Instant } from '#core/clock.ts';
import { FetchError, fetchDocument, type OutsideAccess } from './fetch-document.ts';
import { verifyTokenSignature, type PublishedKey } from './verify-token-signature.ts';
import type { WebIdentityToken } from './web-identity-token.ts';

/** Whose keys: the issuer of a token. */
export interface Issuer {
  /** `https://...`, exactly as tokens name it. */
  readonly url: string;
  readonly thumbprints: readonly string[];
}

/** What the keys of an issuer say about a token, or why they could not be had. */
export type SignatureVerdict = 'valid' | 'invalid' | 'no-key' | 'unreachable' | 'thumbprint' | 'unusable';

interface KeySet {
  readonly fetchedAt: Instant;
  readonly keys: readonly PublishedKey[];
}

/** AWS keeps keys, for how long nobody says (aws.md 3.2). */
const KEPT_MS = 60 * 60_000;
/** A token of an unknown key makes the keys be fetched again, but not more often than this. */
const REFETCH_PAUSE_MS = 30_000;

/** The signing keys of token issuers, found by OpenID discovery. */
export class IssuerKeys {
  readonly #clock: Clock;
  readonly #access: OutsideAccess | undefined;
  readonly #given = new Map<string, readonly PublishedKey[]>();
  readonly #fetched = new Map<string, KeySet>();

  /** @param access undefined when nothing outside can be reached: only keys that were given count */
  constructor(clock: Clock, access: OutsideAccess | undefined) {
    this.#clock = clock;
    this.#access = access;
  }

  /** Gives the keys of an issuer by hand; they are not fetched any more. */
  give(issuerUrl: string, keys: readonly PublishedKey[]): void {
    this.#given.set(issuerUrl, keys);
  }

  /** Verifies a signature. Never rejects. */
  async verify(token: WebIdentityToken, issuer: Issuer): Promise<SignatureVerdict> {
    try {
      const given = this.#given.get(issuer.url);
      if (given !== undefined) return verifyTokenSignature(token, given);
      const known = await this.#getKeys(issuer, KEPT_MS);
      const verdict = verifyTokenSignature(token, known);
      return verdict === 'no-key'
        ? verifyTokenSignature(token, await this.#getKeys(issuer, REFETCH_PAUSE_MS))
        : verdict;
    } catch (error) {
      if (error instanceof FetchError) return error.failure;
      throw error;
    }
  }

  async #getKeys(issuer: Issuer, maxAgeMs: number): Promise<readonly PublishedKey[]> {
    const now = this.#clock.now();
    const known = this.#fetched.get(issuer.url);
    if (known !== undefined && now - known.fetchedAt < maxAgeMs) return known.keys;
    const keys = await this.#fetchKeys(issuer);
    this.#fetched.set(issuer.url, { fetchedAt: this.#clock.now(), keys });
    return keys;
  }

  async #fetchKeys({ url, thumbprints }: Issuer): Promise<readonly PublishedKey[]> {
    if (this.#access === undefined) throw new FetchError('unreachable', `${url}: nothing outside can be reached`);
    const discovery = await fetchDocument(`${url}/.well-known/openid-configuration`, this.#access, thumbprints);
    const { issuer, jwks_uri: keysUrl } = discovery;
    if (issuer !== url || typeof keysUrl !== 'string') {
      throw new FetchError('unusable', `${url}: the discovery document is of another issuer or names no keys`);
    }
    const { keys } = await fetchDocument(keysUrl, this.#access, thumbprints);
    if (!Array.isArray(keys)) throw new FetchError('unusable', `${keysUrl}: no keys`);
    return keys.filter((key: unknown): key is PublishedKey => typeof key === 'object' && key !== null);
  }
}
