import type { Clock, Instant, Timer } from '#core/clock.ts';
import { ServiceError } from '../service-error.ts';
import type { Outcome } from './invocation.ts';

/** Starts one run; throws a ServiceError when it is throttled. */
export type Attempt = (done: (outcome: Outcome) => void) => void;

/** Waits before the two retries of a failed run (aws.md 2.5). */
const RETRY_DELAYS_MS = [60_000, 120_000];
/** A throttled event is tried again for six hours, first after a second, at last every five minutes (aws.md 2.5). */
const MAX_EVENT_AGE_MS = 6 * 60 * 60_000;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5 * 60_000;

/** Runs events that nobody waits for: failures are retried twice, throttles until the event is too old. */
export class AsyncInvoker {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  accept(attempt: Attempt): void {
    this.#later(0, () => this.#try({ attempt, acceptedAt: this.#clock.now(), failures: 0, throttles: 0 }));
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #try(event: QueuedEvent): void {
    try {
      event.attempt((outcome) => {
        if (outcome.kind !== 'returned') this.#retryFailed({ ...event, failures: event.failures + 1 });
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#retryThrottled({ ...event, throttles: event.throttles + 1 });
    }
  }

  #retryFailed(event: QueuedEvent): void {
    const delayMs = RETRY_DELAYS_MS[event.failures - 1];
    if (delayMs !== undefined) this.#later(delayMs, () => this.#try(event));
  }

  #retryThrottled(event: QueuedEvent): void {
    const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (event.throttles - 1));
    if (this.#clock.now() + delayMs - event.acceptedAt > MAX_EVENT_AGE_MS) return;
    this.#later(delayMs, () => this.#try(event));
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

interface QueuedEvent {
  readonly attempt: Attempt;
  readonly acceptedAt: Instant;
  readonly failures: number;
  readonly throttles: number;
}
