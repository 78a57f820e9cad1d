import { sleepOn, type Clock, type Timer } from '#core/clock.ts';

/** The clock that a handler in this process gets: its timers end with its environment. */
export class HandlerClock implements Clock, Disposable {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  noteOutside(activity: Parameters<Clock['noteOutside']>[0]): Disposable {
    return this.#clock.noteOutside(activity);
  }

  /** Whoever waits waits for ever, as in an environment that AWS has frozen. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
