import { sleepOn, type Clock, type Instant, type OutsideActivity, type Timer } from './clock.ts';
import { eventLoop, type IdleWatcher } from './event-loop.ts';
import { createTimerQueue } from './timer-queue.ts';

export interface VirtualClock extends Clock, Disposable {
  /** Reports every jump, before the timer it leads to fires. */
  onJump(listener: (from: Instant, to: Instant) => void): void;
  /** Timers not yet fired or cancelled: after a run, each one is a leak. */
  pendingTimers(): number;
  /** Whether a thread or a child process works for someone who waits. */
  isWaitingOutside(): boolean;
}

const DEFAULT_START = Date.UTC(2026, 0, 1);

/**
 * A clock that stands still while anything can run, and jumps to the next timer when nothing can.
 *
 * A 35 s cold start takes microseconds, and on connections in memory the same seed gives the same order of events.
 * While another process has the turn (see {@link Clock.noteOutside}) it follows real time instead.
 */
export function createVirtualClock(options: { readonly start?: Instant } = {}): VirtualClock {
  const timers = createTimerQueue();
  const jumpListeners: ((from: Instant, to: Instant) => void)[] = [];
  const outside = { connection: 0, computation: 0, process: 0 };
  let now = options.start ?? DEFAULT_START;
  let realAnchor: { real: number; virtual: Instant } | undefined;
  let isDisposed = false;

  function advanceTo(instant: Instant): void {
    if (instant <= now) return;
    for (const listener of jumpListeners) listener(now, instant);
    now = instant;
  }

  const watcher: IdleWatcher = {
    isWaiting: () => !isDisposed && timers.size() > 0,
    outside: () => outside,
    onIdle() {
      const next = timers.peek();
      if (next === undefined) return;
      advanceTo(next.at);
      timers.take()?.fire();
    },
    onRealTime() {
      realAnchor ??= { real: performance.now(), virtual: now };
      const reached = realAnchor.virtual + (performance.now() - realAnchor.real);
      for (let next = timers.peek(); next !== undefined && next.at <= reached; next = timers.peek()) {
        advanceTo(next.at);
        timers.take()?.fire();
      }
      now = Math.max(now, Math.floor(reached));
    },
  };

  const clock: VirtualClock = {
    now: () => now,
    setTimer(delayMs, fire): Timer {
      const timer = timers.add(now + Math.max(0, delayMs), fire);
      if (!isDisposed) eventLoop.add(watcher);
      return timer;
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    noteOutside: (activity) => note(activity),
    onJump: (listener) => void jumpListeners.push(listener),
    pendingTimers: () => timers.size(),
    isWaitingOutside: () => outside.computation + outside.process > 0,
    [Symbol.dispose]() {
      isDisposed = true;
      eventLoop.remove(watcher);
      timers.clear();
    },
  };

  function note(activity: OutsideActivity): Disposable {
    outside[activity]++;
    let isOpen = true;
    return {
      [Symbol.dispose]() {
        if (!isOpen) return;
        isOpen = false;
        outside[activity]--;
        if (outside.process === 0) realAnchor = undefined;
      },
    };
  }

  return clock;
}
