import type { Clock } from './clock.ts';
import type { Timeline, TimelineEvent } from './timeline.ts';

/** Some hundred requests of the mock. What is kept longer, the garbage collector copies more often. */
const KEPT_EVENTS = 400;

/**
 * A timeline for a server that runs for days: it remembers only the latest events. One that keeps none describes none either,
 * unless somebody listens.
 */
export function createRecentTimeline(clock: Pick<Clock, 'now'>, keptEvents = KEPT_EVENTS): Timeline {
  const listeners = new Set<(event: TimelineEvent) => void>();
  let events: TimelineEvent[] = [];
  let seq = 0;

  const isUnread = () => keptEvents === 0 && listeners.size === 0;

  const emit: Timeline['emit'] = (fact) => {
    if (isUnread()) return;
    const event: TimelineEvent = { seq: ++seq, at: clock.now(), ...fact };
    if (keptEvents > 0) events.push(event);
    if (events.length > 2 * keptEvents) events = events.slice(-keptEvents);
    for (const listener of listeners) listener(event);
  };

  return {
    emit,
    emitLazily(describe) {
      if (!isUnread()) emit(describe());
    },
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    events: () => events,
  };
}
