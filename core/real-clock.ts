import { sleepOn, type Clock } from './clock.ts';

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/** The machine's own clock, for servers that outsiders use (`meshrig aws`, `proxy`, `up`, the k3d backend). */
export function createRealClock(): Clock {
  const clock: Clock = {
    now: () => Date.now(),
    setTimer(delayMs, fire) {
      const handle = setTimeout(fire, Math.max(0, delayMs));
      return { cancel: () => clearTimeout(handle) };
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    noteOutside: () => NOTHING,
  };
  return clock;
}
