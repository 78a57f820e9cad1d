import type { Instant } from '#core/clock.ts';
import type { TokenSource } from './volume-source.ts';

/** Issues a token: who it is for is known to the issuer already. */
export type IssueToken = (request: {
  readonly audience: string | undefined;
  readonly lifeSeconds: number;
  readonly issuedAt: Instant;
}) => string;

const LONGEST_AGE_MS = 24 * 3_600_000;

/**
 * A token in a projected volume. The kubelet asks for a new one after 80 % of its life, at the latest after 24 hours
 * (kubernetes/kubernetes `pkg/kubelet/token/token_manager.go`), without its random delay of up to ten seconds.
 *
 * The moments follow from the first one, so nothing has to run between reads.
 */
export class ProjectedToken {
  readonly path: string;
  readonly #source: TokenSource;
  readonly #issue: IssueToken;
  #issuedAt: Instant;
  #text: string | undefined;

  constructor(source: TokenSource, issue: IssueToken, mountedAt: Instant) {
    this.path = source.path;
    this.#source = source;
    this.#issue = issue;
    this.#issuedAt = mountedAt;
  }

  /** When the kubelet puts the next token in place. */
  nextAt(now: Instant): Instant {
    this.#advance(now);
    return this.#issuedAt + this.#ageLimitMs();
  }

  read(now: Instant): Buffer {
    this.#advance(now);
    const { audience, lifeSeconds } = this.#source;
    this.#text ??= this.#issue({ audience, lifeSeconds, issuedAt: this.#issuedAt });
    return Buffer.from(this.#text);
  }

  #advance(now: Instant): void {
    const rotations = Math.floor((now - this.#issuedAt) / this.#ageLimitMs());
    if (rotations <= 0) return;
    this.#issuedAt += rotations * this.#ageLimitMs();
    this.#text = undefined;
  }

  #ageLimitMs(): number {
    return Math.min(this.#source.lifeSeconds * 800, LONGEST_AGE_MS);
  }
}
