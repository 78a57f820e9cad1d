import type { Clock, Instant } from '#core/clock.ts';
import {
  invalidThumbprints,
  oidcClientLimit,
  oidcProviderExists,
  oidcProviderMissing,
  oidcUrlInvalid,
} from './iam-errors.ts';

export interface NewOidcProvider {
  /** The issuer: `https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE`. */
  readonly url: string;
  /** Audiences it accepts, such as `sts.amazonaws.com`. */
  readonly clientIds?: readonly string[];
  /** SHA-1 of the issuer's certificate authority, 40 hex digits each. STS compares them where there are any. */
  readonly thumbprints?: readonly string[];
}

export interface OidcProvider {
  readonly arn: string;
  /** Without the scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: Instant;
}

type StoredProvider = { -readonly [Member in keyof OidcProvider]: OidcProvider[Member] };

const MAX_CLIENT_IDS = 100;
const MAX_THUMBPRINTS = 5;
const THUMBPRINT = /^[0-9a-f]{40}$/i;

/** The identity providers that the account trusts for AssumeRoleWithWebIdentity. */
export class OidcProviderStore {
  readonly #providers = new Map<string, StoredProvider>();
  readonly #accountId: string;
  readonly #clock: Clock;

  constructor({ accountId, clock }: { readonly accountId: string; readonly clock: Clock }) {
    this.#accountId = accountId;
    this.#clock = clock;
  }

  /** @throws ServiceError `ValidationError`, `InvalidInput`, `LimitExceeded`, `EntityAlreadyExists` */
  create({ url, clientIds = [], thumbprints = [] }: NewOidcProvider): OidcProvider {
    const [, name] = /^https:\/\/(\S+)$/.exec(url) ?? [];
    if (name === undefined || !URL.canParse(url)) throw oidcUrlInvalid();
    checkClientIds(clientIds);
    checkThumbprints(thumbprints);
    const arn = `arn:aws:iam::${this.#accountId}:oidc-provider/${name}`;
    if (this.#providers.has(arn)) throw oidcProviderExists(url);
    const provider = { arn, url: name, clientIds, thumbprints, createdAt: this.#clock.now() };
    this.#providers.set(arn, provider);
    return provider;
  }

  /** @throws ServiceError `NoSuchEntity` */
  get(arn: string): OidcProvider {
    const provider = this.#providers.get(arn);
    if (provider === undefined) throw oidcProviderMissing(arn, 'get');
    return provider;
  }

  /** The provider of an issuer, which must be the same text: no slash more or less (aws.md 3.2). */
  findByIssuer(issuer: string): OidcProvider | undefined {
    return Array.from(this.#providers.values()).find(({ url }) => `https://${url}` === issuer);
  }

  list(): OidcProvider[] {
    return [...this.#providers.values()];
  }

  /** @throws ServiceError `NoSuchEntity` */
  delete(arn: string): void {
    if (!this.#providers.delete(arn)) throw oidcProviderMissing(arn, 'delete');
  }

  /** Adding one that is there is accepted. @throws ServiceError `NoSuchEntity`, `LimitExceeded` */
  addClientId(arn: string, clientId: string): void {
    const provider = this.#getStored(arn);
    const clientIds = [...new Set([...provider.clientIds, clientId])];
    checkClientIds(clientIds);
    provider.clientIds = clientIds;
  }

  /** Removing one that is not there is accepted. @throws ServiceError `NoSuchEntity` */
  removeClientId(arn: string, clientId: string): void {
    const provider = this.#getStored(arn);
    provider.clientIds = provider.clientIds.filter((known) => known !== clientId);
  }

  /** @throws ServiceError `NoSuchEntity`, `InvalidInput` */
  updateThumbprints(arn: string, thumbprints: readonly string[]): void {
    const provider = this.#getStored(arn);
    checkThumbprints(thumbprints);
    provider.thumbprints = thumbprints;
  }

  #getStored(arn: string): StoredProvider {
    const provider = this.#providers.get(arn);
    if (provider === undefined) throw oidcProviderMissing(arn, 'get');
    return provider;
  }
}

function checkClientIds(clientIds: readonly string[]): void {
  if (clientIds.length > MAX_CLIENT_IDS) throw oidcClientLimit();
}

function checkThumbprints(thumbprints: readonly string[]): void {
  if (thumbprints.length > MAX_THUMBPRINTS) throw invalidThumbprints();
  for (const thumbprint of thumbprints) {
    if (!THUMBPRINT.test(thumbprint)) throw invalidThumbprints('Invalid thumbprint');
  }
}
