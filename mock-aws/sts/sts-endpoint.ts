import type { Timeline } from '#core/timeline.ts';
import type { EndpointFailure, FailureWindow } from '../endpoint/endpoint-failure.ts';
import { FailureSchedule } from '../endpoint/failure-schedule.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';
import type { PublishedKey } from '../oidc/verify-token-signature.ts';

/** What can be set about STS from outside. */
export class StsEndpoint {
  /** How JSON answers write the time of expiry: `1767196800` or `1.7671968E9`. */
  expirationFormat: 'integer' | 'exponent' = 'integer';
  readonly failures: FailureSchedule;
  readonly #issuerKeys: IssuerKeys;

  constructor(timeline: Timeline, issuerKeys: IssuerKeys) {
    this.failures = new FailureSchedule('sts', timeline);
    this.#issuerKeys = issuerKeys;
  }

  /** Makes some or all requests fail; disposing the result ends it. */
  fail(failure: Exclude<EndpointFailure, { kind: 'expired' }>, window?: FailureWindow): Disposable {
    return this.failures.plan(failure, window);
  }

  /** Tells STS the keys of a token issuer, instead of leaving it to find them by discovery. */
  giveIssuerKeys(issuerUrl: string, keys: readonly PublishedKey[]): void {
    this.#issuerKeys.give(issuerUrl, keys);
  }
}
