import type { Clock, Instant } from '#core/clock.ts';
import type { ExecutionEnvironment, Invocation, Outcome } from './invocation.ts';

/** An idle environment is thrown away after this long; AWS promises nothing, five to fifteen minutes are reported. */
const IDLE_LIFE_MS = 10 * 60_000;

/**
 * The execution environments of one function: an idle one takes the next run, else a new one starts cold.
 *
 * Age is looked at when a run asks, not by a timer: a virtual clock would jump to it.
 */
export class EnvironmentPool {
  readonly #clock: Clock;
  readonly #start: () => ExecutionEnvironment;
  readonly #idle: { readonly environment: ExecutionEnvironment; readonly since: Instant }[] = [];
  readonly #all = new Set<ExecutionEnvironment>();
  #running = 0;

  constructor(clock: Clock, start: () => ExecutionEnvironment) {
    this.#clock = clock;
    this.#start = start;
  }

  /** Runs under way. */
  get running(): number {
    return this.#running;
  }

  /** Whether the next run would start cold. */
  get isCold(): boolean {
    const newest = this.#idle.at(-1);
    return newest === undefined || this.#isStale(newest.since);
  }

  run(invocation: Invocation, done: (outcome: Outcome) => void): void {
    const environment = this.#take();
    this.#running++;
    environment.run(invocation, (outcome) => {
      this.#running--;
      if (environment.isUsable) this.#idle.push({ environment, since: this.#clock.now() });
      else void this.#discard(environment);
      done(outcome);
    });
  }

  /** Ends every environment, whatever it does. */
  async stop(): Promise<void> {
    this.#idle.length = 0;
    await Promise.all(Array.from(this.#all, (environment) => this.#discard(environment)));
  }

  #take(): ExecutionEnvironment {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.environment.isUsable && !this.#isStale(last.since)) return last.environment;
      void this.#discard(last.environment);
    }
    const environment = this.#start();
    this.#all.add(environment);
    return environment;
  }

  async #discard(environment: ExecutionEnvironment): Promise<void> {
    await environment.stop();
    this.#all.delete(environment);
  }

  #isStale(since: Instant): boolean {
    return this.#clock.now() - since > IDLE_LIFE_MS;
  }
}
