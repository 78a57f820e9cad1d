import type { Instant } from '#core/clock.ts';
import type { ConsecutiveRule, OutlierPlan } from './outlier-plan.ts';

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

  /** Counts what came of a request; tells how likely the endpoint is to be ejected now, 0 to 1. */
  note(event: OutlierEvent): number {
    const { splitsLocalFailures } = this.#plan;
    switch (event.kind) {
      case 'answer':
        return this.#noteStatus(event.status);
      case 'connected':
        return splitsLocalFailures ? this.#noteLocal(true) : 0;
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

  /**
   * Each ejection lasts one base time longer than the one before; every quiet interval takes one off again.
   *
   * @param extraMs what chance puts on top
   */
  eject(now: Instant, extraMs = 0): void {
    const { intervalMs, baseEjectionMs, maxEjectionMs } = this.#plan;
    const quietIntervals = Math.floor((now - (this.#ejectedUntil ?? now)) / intervalMs);
    this.#ejections = Math.max(0, this.#ejections - quietIntervals) + 1;
    const end = now + Math.min(this.#ejections * baseEjectionMs, maxEjectionMs) + extraMs - this.#startedAt;
    this.#ejectedUntil = this.#startedAt + Math.ceil(end / intervalMs) * intervalMs;
    this.#failures = 0;
    this.#gatewayFailures = 0;
    this.#localFailures = 0;
  }

  /** Each rule that is met has its own chance, and begins to count anew. */
  #noteStatus(status: number): number {
    const { consecutive5xx, consecutiveGatewayFailures } = this.#plan;
    count(this.#counts.answers, status < 500);
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    this.#gatewayFailures = status >= 502 && status <= 504 ? this.#gatewayFailures + 1 : 0;
    let staying = 1;
    if (isReached(this.#failures, consecutive5xx)) {
      this.#failures = 0;
      staying *= 1 - consecutive5xx.chance;
    }
    if (isReached(this.#gatewayFailures, consecutiveGatewayFailures)) {
      this.#gatewayFailures = 0;
      staying *= 1 - consecutiveGatewayFailures.chance;
    }
    return 1 - staying;
  }

  #noteLocal(isSuccess: boolean): number {
    const { consecutiveLocalFailures } = this.#plan;
    count(this.#counts.local, isSuccess);
    this.#localFailures = isSuccess ? 0 : this.#localFailures + 1;
    if (!isReached(this.#localFailures, consecutiveLocalFailures)) return 0;
    this.#localFailures = 0;
    return consecutiveLocalFailures.chance;
  }
}

function count(counts: RateCount, isSuccess: boolean): void {
  counts.total++;
  if (isSuccess) counts.successes++;
}

function isReached(counted: number, { failures }: ConsecutiveRule): boolean {
  return failures > 0 && counted >= failures;
}
