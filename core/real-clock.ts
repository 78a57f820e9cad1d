import { sleepOn, type Clock } from './clock.ts';
import { TimerList } from './timer-list.ts';

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/** The machine's own clock, for servers that outsiders use (`meshrig aws`, `proxy`, `up`, the k3d backend). */
export function createRealClock(): Clock {
  const lists = new Map<number, TimerList>();

  function findList(delayMs: number): TimerList {
    const list = lists.get(delayMs) ?? new TimerList(delayMs, () => lists.delete(delayMs));
    lists.set(delayMs, list);
    return list;
  }

  const clock: Clock = {
    now: () => Date.now(),
    setTimer: (delayMs, fire) => findList(Math.max(0, delayMs)).add(fire),
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    noteOutside: () => NOTHING,
  };
  return clock;
}
