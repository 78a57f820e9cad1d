import type { Instant } from '#core/clock.ts';
import type { OutlierPlan } from './outlier-plan.ts';

/** What came of a request, as far as its endpoint is to blame. */
export type OutlierEvent =
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'connected' }
  /** Nothing came back: the status that it counts as where it is not told apart. */
  | { readonly kind: 'failure'; readonly countsAs: 503 | 504 };

/** Requests of one interval. */
export interface RateCount {
  total: number;
  successes: number;
}

/**
 * Watches the answers of one endpoint. It keeps no timer: whether an ejection is over is worked out when somebody asks, on
 * the grid of intervals on which Envoy looks.
 */
export class OutlierMonitor {
  readonly #plan: OutlierPlan;
  readonly #startedAt: Instant;
  readonly #counts: Record<'answers' | 'local', RateCount> = {
    answers: { total: 0, successes: 0 },
    local: { total: 0, successes: 0 },
  };
  #failures = 0;
  #gatewayFailures = 0;
  #localFailures = 0;
  #ejections = 0;
  #ejectedUntil: Instant | undefined;

  constructor(plan: OutlierPlan, startedAt: Instant) {
    this.#plan = plan;
    this.#startedAt = startedAt;
  }

  isEjected(now: Instant): boolean {
    return this.#ejectedUntil !== undefined && now < this.#ejectedUntil;
  }

  /** Counts what came of a request; tells whether the endpoint deserves to be ejected now. */
  note(event: OutlierEvent): boolean {
    const { splitsLocalFailures } = this.#plan;
    switch (event.kind) {
      case 'answer':
        return this.#noteStatus(event.status);
      case 'connected':
        return splitsLocalFailures && this.#noteLocal(true);
      case 'failure':
        return splitsLocalFailures ? this.#noteLocal(false) : this.#noteStatus(event.countsAs);
    }
  }

  /** The requests since it was last asked. */
  takeCounts(kind: 'answers' | 'local'): RateCount {
    const counts = this.#counts[kind];
    this.#counts[kind] = { total: 0, successes: 0 };
    return counts;
  }

  /** Each ejection lasts one base time longer than the one before; every quiet interval takes one off again. */
  eject(now: Instant): void {
    const { intervalMs, baseEjectionMs, maxEjectionMs } = this.#plan;
    const quietIntervals = Math.floor((now - (this.#ejectedUntil ?? now)) / intervalMs);
    this.#ejections = Math.max(0, this.#ejections - quietIntervals) + 1;
    const end = now + Math.min(this.#ejections * baseEjectionMs, maxEjectionMs) - this.#startedAt;
    this.#ejectedUntil = this.#startedAt + Math.ceil(end / intervalMs) * intervalMs;
    this.#failures = 0;
    this.#gatewayFailures = 0;
    this.#localFailures = 0;
  }

  #noteStatus(status: number): boolean {
    const { consecutive5xx, consecutiveGatewayFailures } = this.#plan;
    count(this.#counts.answers, status < 500);
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    this.#gatewayFailures = status >= 502 && status <= 504 ? this.#gatewayFailures + 1 : 0;
    return isReached(this.#failures, consecutive5xx) || isReached(this.#gatewayFailures, consecutiveGatewayFailures);
  }

  #noteLocal(isSuccess: boolean): boolean {
    count(this.#counts.local, isSuccess);
    this.#localFailures = isSuccess ? 0 : this.#localFailures + 1;
    return isReached(this.#localFailures, this.#plan.consecutiveLocalFailures);
  }
}

function count(counts: RateCount, isSuccess: boolean): void {
  counts.total++;
  if (isSuccess) counts.successes++;
}

function isReached(failures: number, limit: number): boolean {
  return limit > 0 && failures >= limit;
}
