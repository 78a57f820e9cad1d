import type { Clock, Timer } from '#core/clock.ts';

/** Counts the requests of a connection and closes it when it had none for too long. */
export class ConnectionIdle {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #close: () => void;
  #timer: Timer | undefined;
  #active = 0;

  /** A timeout of 0 never closes. */
  constructor(clock: Clock, timeoutMs: number, close: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#close = close;
    this.#arm();
  }

  get isIdle(): boolean {
    return this.#active === 0;
  }

  enter(): void {
    this.#active++;
    this.stop();
  }

  leave(): void {
    this.#active--;
    if (this.#active === 0) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timeoutMs > 0) this.#timer = this.#clock.setTimer(this.#timeoutMs, this.#close);
  }
}
