/** Milliseconds since the Unix epoch. */
export type Instant = number;

export interface Timer {
  cancel(): void;
}

/**
 * What is going on outside this process's memory.
 *
 * - `connection`: a real socket is open. Bytes may arrive at any moment, so a virtual clock jumps only after
 *   several quiet turns of the event loop.
 * - `computation`: a thread of this process computes (WebCrypto). A virtual clock stands still until it ends.
 * - `process`: another process has the turn: a child process works, or a client outside is to speak next. A virtual clock follows
 *   real time until the turn ends.
 */
export type OutsideActivity = 'connection' | 'computation' | 'process';

/** Time as an argument. Nothing outside `core/` reads the machine's clock. */
export interface Clock {
  now(): Instant;
  /** Fires once, `delayMs` from now. Negative delays count as 0. */
  setTimer(delayMs: number, fire: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Declares activity that the event loop does not show. Dispose it when the activity ends. */
  noteOutside(activity: OutsideActivity): Disposable;
}

/**
 * Runs a computation that leaves the event loop (WebCrypto, a file) while virtual time stands still. Threads end when they like, so the
 * result comes like that of a timer: after everything else of this instant, and after those of computations that began earlier.
 */
export async function trackComputation<T>(clock: Clock, compute: () => Promise<T>): Promise<T> {
  const earlier = latestComputations.get(clock);
  const result = compute();
  latestComputations.set(clock, waitForThread(clock, result, earlier));
  await latestComputations.get(clock);
  return await result;
}

const latestComputations = new WeakMap<Clock, Promise<void>>();

async function waitForThread(
  clock: Clock,
  result: Promise<unknown>,
  earlier: Promise<void> | undefined,
): Promise<void> {
  {
    using _ = clock.noteOutside('computation');
    await Promise.allSettled([result]);
  }
  await earlier;
  await clock.sleep(0);
}

/** A promise of `clock.setTimer`, shared by every clock. */
export function sleepOn(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const abort = () => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
