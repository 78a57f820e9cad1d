import type { Clock, Timer } from '#core/clock.ts';
import { Latch } from './latch.ts';

export interface WatchOptions {
  /** After this long without a value the watch counts as arrived, empty; 0 waits for ever (xds.md 2.2, 7). */
  readonly initialFetchTimeoutMs: number;
  /** Called for every value after the watch began. */
  readonly onChange?: () => void;
}

/** One user's interest in one resource. Dispose it when the user goes. */
export interface Watch<T> extends Disposable {
  readonly name: string;
  readonly arrived: Latch;
  current(): T | undefined;
}

export interface NamedResourcesOptions {
  readonly clock: Clock;
  /** Called with all wanted names, once per turn in which they changed. */
  readonly onNamesChanged: (names: readonly string[]) => void;
}

interface Entry<T> {
  value: T | undefined;
  readonly watches: Set<{ readonly arrived: Latch; readonly onChange: () => void }>;
}

/**
 * The accepted resources of a type that is asked for by name (EDS, RDS, SDS), and who needs which.
 *
 * Values live as long as someone watches them, and the names watched are the names subscribed to.
 */
export class NamedResources<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #options: NamedResourcesOptions;
  #published: ReadonlySet<string> = new Set();
  #isFlushDue = false;

  constructor(options: NamedResourcesOptions) {
    this.#options = options;
  }

  find(name: string): T | undefined {
    return this.#entries.get(name)?.value;
  }

  isWatched(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Every value there is, in the order of first interest. */
  values(): T[] {
    return Array.from(this.#entries.values()).flatMap(({ value }) => value ?? []);
  }

  /** Stores an accepted value. A value nobody watches is dropped. */
  set(name: string, value: T): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.value = value;
    for (const watch of Array.from(entry.watches)) {
      watch.onChange();
      watch.arrived.open();
    }
  }

  watch(name: string, options: WatchOptions): Watch<T> {
    const entry = this.#entries.get(name) ?? { value: undefined, watches: new Set() };
    this.#entries.set(name, entry);
    const arrived = new Latch();
    if (entry.value !== undefined) arrived.open();
    const timer = this.#startGivingUp(arrived, options.initialFetchTimeoutMs);
    const watch = { arrived, onChange: options.onChange ?? (() => {}) };
    entry.watches.add(watch);
    this.#scheduleFlush();
    return {
      name,
      arrived,
      current: () => entry.value,
      [Symbol.dispose]: () => {
        timer?.cancel();
        entry.watches.delete(watch);
        this.#scheduleFlush();
      },
    };
  }

  #startGivingUp(arrived: Latch, timeoutMs: number): Timer | undefined {
    if (arrived.isOpen || timeoutMs === 0) return undefined;
    const timer = this.#options.clock.setTimer(timeoutMs, () => arrived.open());
    arrived.whenOpen(() => timer.cancel());
    return timer;
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  // A user replaced by another of the same name within one turn must not cost the value, nor a request.
  #flush(): void {
    this.#isFlushDue = false;
    for (const [name, entry] of this.#entries) if (entry.watches.size === 0) this.#entries.delete(name);
    const names = Array.from(this.#entries.keys());
    if (names.length === this.#published.size && names.every((name) => this.#published.has(name))) return;
    this.#published = new Set(names);
    this.#options.onNamesChanged(names);
  }
}
