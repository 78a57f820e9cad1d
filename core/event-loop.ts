import { performance } from 'node:perf_hooks';
import type { OutsideActivity } from './clock.ts';

/** How many turns without any event count as quiet while a real socket is open. */
const QUIET_TURNS = 4;
/** Real milliseconds between two looks at the event loop while a real socket is open or another process has the turn. */
const OUTSIDE_TURN_MS = 1;

/** One party that waits for the event loop to have nothing left to do. */
export interface IdleWatcher {
  /** Whether the watcher still wants to be called. */
  isWaiting(): boolean;
  /** How much of each kind of outside activity is going on. */
  outside(): Readonly<Record<OutsideActivity, number>>;
  /** Called when nothing in this process can run. */
  onIdle(): void;
  /** Called on every look while another process has the turn. */
  onRealTime(): void;
}

/**
 * Tells virtual clocks when nothing in this process can run any more.
 *
 * There is one event loop, so there is one watch, shared by every clock of the process: a clock may only jump when all
 * of them are idle, and one clock's look must not be mistaken for another's work. With connections in memory "idle" is
 * exact: Node counts pending immediates (its own native ones too) and pending requests, promises and ticks are drained
 * before an immediate runs. With a real socket open it is a judgement: no event for several turns.
 */
class EventLoopWatch {
  readonly #watchers = new Set<IdleWatcher>();
  #isScheduled = false;
  #quietTurns = 0;
  #lastEvents = -1;

  add(watcher: IdleWatcher): void {
    this.#watchers.add(watcher);
    this.#schedule();
  }

  remove(watcher: IdleWatcher): void {
    this.#watchers.delete(watcher);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#watchers.size === 0) return;
    this.#isScheduled = true;
    if (this.#isOutsideInvolved()) setTimeout(this.#look, OUTSIDE_TURN_MS);
    else setImmediate(this.#look);
  }

  readonly #look = (): void => {
    this.#isScheduled = false;
    this.#dropSatisfied();
    const isIdle = this.#isIdle();
    for (const watcher of Array.from(this.#watchers)) {
      const { computation, process: processes } = watcher.outside();
      if (computation > 0) continue;
      if (processes > 0) watcher.onRealTime();
      else if (isIdle) watcher.onIdle();
    }
    this.#schedule();
  };

  #dropSatisfied(): void {
    for (const watcher of this.#watchers) if (!watcher.isWaiting()) this.#watchers.delete(watcher);
  }

  #isOutsideInvolved(): boolean {
    for (const watcher of this.#watchers) {
      const { connection, process: processes } = watcher.outside();
      if (connection > 0 || processes > 0) return true;
    }
    return false;
  }

  #isIdle(): boolean {
    if (hasPendingTurns()) {
      this.#quietTurns = 0;
      return false;
    }
    if (!this.#isOutsideInvolved()) return true;
    const { events } = performance.nodeTiming.uvMetricsInfo;
    this.#quietTurns = events === this.#lastEvents ? this.#quietTurns + 1 : 0;
    this.#lastEvents = events;
    return this.#quietTurns >= QUIET_TURNS;
  }
}

/** Immediates still queued, or requests (files, names, connects) under way; long-lived handles do not count. */
function hasPendingTurns(): boolean {
  for (const resource of process.getActiveResourcesInfo()) {
    if (resource === 'Immediate' || resource.includes('Req')) return true;
  }
  return false;
}

export const eventLoop = new EventLoopWatch();
