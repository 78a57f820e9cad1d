import type { Clock, Timer } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';

/** Closes a connection that waits too long for its next request. */
export class IdleTimeout {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #connection: Connection;
  #timer: Timer | undefined;

  constructor(clock: Clock, limitMs: number, connection: Connection) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#connection = connection;
    connection.once('close', () => this.stop());
    this.start();
  }

  start(): void {
    this.stop();
    if (!this.#connection.destroyed)
      this.#timer = this.#clock.setTimer(this.#limitMs, () => this.#connection.destroy());
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
