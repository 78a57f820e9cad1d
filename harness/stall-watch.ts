import { MeshrigError } from '#core/errors.ts';
import { createRealClock } from '#core/real-clock.ts';
import type { Timeline } from '#core/timeline.ts';
import type { VirtualClock } from '#core/virtual-clock.ts';

const LOOK_EVERY_MS = 1_000;
/** Looks in a row without any sign of life. */
const LOOKS = 5;

export interface WatchedRun {
  readonly clock: Pick<VirtualClock, 'now' | 'pendingTimers'>;
  readonly timeline: Pick<Timeline, 'events'>;
}

/**
 * Notices a scenario that waits for something that cannot happen: virtual time has nothing left to jump to, and the timeline
 * is silent. Real time is the right judge here, since virtual time stands still.
 */
export function watchForStall(watched: WatchedRun, lookEveryMs = LOOK_EVERY_MS): StallWatch {
  const realClock = createRealClock();
  let timer = realClock.setTimer(lookEveryMs, look);
  let lastSigns = '';
  let silentLooks = 0;
  let reject: (reason: MeshrigError) => void;
  const stalled = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  stalled.catch(() => {});

  function look(): void {
    const isWaiting = watched.clock.pendingTimers() > 0;
    const signs = `${watched.timeline.events().length} ${watched.clock.now()}`;
    silentLooks = !isWaiting && signs === lastSigns ? silentLooks + 1 : 0;
    lastSigns = signs;
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
