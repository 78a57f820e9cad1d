import { performance } from 'node:perf_hooks';
import { MeshrigError } from '#core/errors.ts';
import { createRealClock } from '#core/real-clock.ts';
import type { Timeline } from '#core/timeline.ts';
import type { VirtualClock } from '#core/virtual-clock.ts';

const LOOK_EVERY_MS = 1_000;
/** Looks in a row without any sign of life. */
const LOOKS = 5;
/** Share of the time between two looks. On a machine that is short of time, a scenario is slow and yet at work. */
const BUSY = 0.1;

export interface WatchedRun {
  readonly clock: Pick<VirtualClock, 'now' | 'pendingTimers' | 'isWaitingOutside'>;
  readonly timeline: Pick<Timeline, 'events'>;
}

/**
 * Notices a scenario that waits for something that cannot happen: virtual time has nothing left to jump to, and the timeline
 * is silent, while this thread does next to nothing. Real time is the right judge here, since virtual time stands still.
 */
export function watchForStall(watched: WatchedRun, lookEveryMs = LOOK_EVERY_MS): StallWatch {
  const realClock = createRealClock();
  let timer = realClock.setTimer(lookEveryMs, look);
  let lastSigns = '';
  let lastUsage = performance.eventLoopUtilization();
  let silentLooks = 0;
  let reject: (reason: MeshrigError) => void;
  const stalled = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  stalled.catch(() => {});

  function look(): void {
    const isWaiting = watched.clock.pendingTimers() > 0 || watched.clock.isWaitingOutside();
    const signs = `${watched.timeline.events().length} ${watched.clock.now()}`;
    const usage = performance.eventLoopUtilization();
    const isBusy = performance.eventLoopUtilization(usage, lastUsage).utilization > BUSY;
    silentLooks = !isWaiting && !isBusy && signs === lastSigns ? silentLooks + 1 : 0;
    lastSigns = signs;
    lastUsage = usage;
    if (silentLooks >= LOOKS) {
      reject(
        new MeshrigError('EXPECTATION_FAILED', 'it waits for something that cannot happen any more: no timer is set'),
      );
      return;
    }
    timer = realClock.setTimer(lookEveryMs, look);
  }

  return { stalled, [Symbol.dispose]: () => timer.cancel() };
}

export interface StallWatch extends Disposable {
  /** Rejects when nothing can happen any more. */
  readonly stalled: Promise<never>;
}
