import type { Clock, Instant, Timer } from '#core/clock.ts';

/** Fires when nothing has happened for a while. Activity only notes the time: one timer serves any number of chunks. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onIdle: () => void;
  #lastActivity: Instant;
  #timer: Timer | undefined;

  /** A timeout of 0 never fires. */
  constructor(clock: Clock, timeoutMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onIdle = onIdle;
    this.#lastActivity = clock.now();
    if (timeoutMs > 0) this.#arm(timeoutMs);
  }

  get isArmed(): boolean {
    return this.#timer !== undefined;
  }

  touch(): void {
    this.#lastActivity = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      const leftMs = this.#lastActivity + this.#timeoutMs - this.#clock.now();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#onIdle();
    });
  }
}
