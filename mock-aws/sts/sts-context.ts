import type { Clock } from '#core/clock.ts';
import type { FindDenial } from '../authorise.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';

/** What the operations of STS share. */
export interface StsContext {
  readonly iam: IamStore;
  readonly clock: Clock;
  readonly accountId: string;
  readonly issuerKeys: IssuerKeys;
  readonly findDenial: FindDenial;
}
