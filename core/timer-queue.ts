import type { Instant, Timer } from './clock.ts';

interface QueuedTimer {
  readonly at: Instant;
  readonly order: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

/** Timers by instant, and by order of creation where instants are equal. */
export interface TimerQueue {
  add(at: Instant, fire: () => void): Timer;
  /** The next timer that will fire. */
  peek(): { readonly at: Instant } | undefined;
  /** Removes and returns the next timer. */
  take(): { readonly fire: () => void } | undefined;
  size(): number;
  clear(): void;
}

/** A binary heap: a scenario may hold thousands of timers (one per connection, retry, credential). */
export function createTimerQueue(): TimerQueue {
  const heap: QueuedTimer[] = [];
  let order = 0;
  let live = 0;

  function dropCancelled(): void {
    while (heap[0]?.isCancelled === true) removeFirst(heap);
  }

  return {
    add(at, fire) {
      const timer: QueuedTimer = { at, order: order++, fire, isCancelled: false };
      live++;
      push(heap, timer);
      return {
        cancel() {
          if (timer.isCancelled) return;
          timer.isCancelled = true;
          live--;
        },
      };
    },
    peek() {
      dropCancelled();
      return heap[0];
    },
    take() {
      dropCancelled();
      const first = removeFirst(heap);
      if (first === undefined) return undefined;
      first.isCancelled = true;
      live--;
      return first;
    },
    size: () => live,
    clear() {
      heap.length = 0;
      live = 0;
    },
  };
}

function isBefore(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: QueuedTimer[], timer: QueuedTimer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(timer, at(heap, parent))) break;
    heap[index] = at(heap, parent);
    index = parent;
  }
  heap[index] = timer;
}

function removeFirst(heap: QueuedTimer[]): QueuedTimer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && isBefore(at(heap, right), at(heap, left)) ? right : left;
    if (!isBefore(at(heap, child), last)) break;
    heap[index] = at(heap, child);
    index = child;
  }
  heap[index] = last;
  return first;
}

function at(heap: readonly QueuedTimer[], index: number): QueuedTimer {
  const timer = heap[index];
  if (timer === undefined) throw new RangeError(`no timer at ${index}`);
  return timer;
}
