import type { Clock, Timer } from '#core/clock.ts';

export interface DebounceOptions {
  readonly clock: Clock;
  /** How long nothing more may happen before the action. */
  readonly quietMs: number;
  /** How long after the first event the action happens at the latest. */
  readonly maxMs: number;
}

/** Collects events and hands them on together. */
export interface Debounce<Event> extends Disposable {
  add(event: Event): void;
}

/** As istiod waits before it pushes: until it has been quiet for a while, but not for ever (gateways.md 5.8). */
export function createDebounce<Event>(
  { clock, quietMs, maxMs }: DebounceOptions,
  act: (events: readonly [Event, ...Event[]]) => void,
): Debounce<Event> {
  let events: Event[] = [];
  let firstAt = 0;
  let timer: Timer | undefined;

  const fire = (): void => {
    timer = undefined;
    const [first, ...rest] = events;
    events = [];
    if (first !== undefined) act([first, ...rest]);
  };

  return {
    add(event) {
      if (events.length === 0) firstAt = clock.now();
      events.push(event);
      timer?.cancel();
      const latestIn = firstAt + maxMs - clock.now();
      timer = clock.setTimer(Math.min(quietMs, latestIn), fire);
    },
    [Symbol.dispose]() {
      timer?.cancel();
      events = [];
    },
  };
}
