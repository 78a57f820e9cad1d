import type { Clock, Instant } from '#core/clock.ts';
import type { IamStore, RoleSessionKey } from '../iam/iam-store.ts';
import type { IamRole } from '../iam/role-store.ts';

/** How long credentials last that an endpoint hands out, and when it has new ones. */
export interface CredentialLife {
  /** Default: six hours. */
  readonly lifetimeMs?: number;
  /** How long before their end new ones are there. Default: five minutes, which EC2 promises at least. */
  readonly renewBeforeMs?: number;
}

export interface IssuedCredentials extends RoleSessionKey {
  readonly issuedAt: Instant;
}

interface RotatingOptions {
  readonly iam: IamStore;
  readonly clock: Clock;
  readonly sessionName: string;
}

const DEFAULT_LIFETIME_MS = 6 * 60 * 60_000;
const DEFAULT_RENEW_BEFORE_MS = 5 * 60_000;

/** The credentials of one role at one endpoint: the same ones until new ones are due. */
export class RotatingCredentials {
  readonly #options: RotatingOptions;
  #current: IssuedCredentials | undefined;

  constructor(options: RotatingOptions) {
    this.#options = options;
  }

  /** The credentials of now. They are made when they are asked for. */
  get(role: IamRole, { lifetimeMs = DEFAULT_LIFETIME_MS, renewBeforeMs }: CredentialLife): IssuedCredentials {
    const now = this.#options.clock.now();
    const margin = Math.min(renewBeforeMs ?? DEFAULT_RENEW_BEFORE_MS, lifetimeMs / 2);
    const isGood = this.#current !== undefined && now < this.#current.sessionExpiresAt - margin;
    if (!isGood || this.#current?.principal.session?.roleArn !== role.arn)
      this.#current = this.#issue(role, lifetimeMs);
    return this.#current as IssuedCredentials;
  }

  /** Credentials that ended a minute ago; the current ones stay. */
  getExpired(role: IamRole): IssuedCredentials {
    return this.#issue(role, -60_000);
  }

  /** Makes new ones at the next call, before the old ones end. */
  rotate(): void {
    this.#current = undefined;
  }

  #issue(role: IamRole, lifetimeMs: number): IssuedCredentials {
    const { iam, clock, sessionName } = this.#options;
    return { ...iam.createRoleSession({ role, sessionName, lifetimeMs }), issuedAt: clock.now() };
  }
}
