import type { Timer } from './clock.ts';

/** The longest that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The timers of one delay, in the order in which they are due. One timer of Node's serves all of them: a server starts several for
 * each request and stops nearly all of them, which costs Node ten times as much.
 */
export class TimerList {
  readonly #delayMs: number;
  readonly #onEmpty: () => void;
  #first: ListedTimer | undefined;
  #last: ListedTimer | undefined;
  /** Goes off when the first of the list is due, or one that was. */
  #alarm: NodeJS.Timeout | undefined;

  /** `onEmpty` is called when nothing is left that could go off. */
  constructor(delayMs: number, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#onEmpty = onEmpty;
  }

  add(fire: () => void): Timer {
    const timer = new ListedTimer(this, performance.now() + this.#delayMs, fire);
    const last = this.#last;
    this.#last = timer;
    if (last === undefined) {
      this.#first = timer;
      this.#keepAwake();
    } else {
      last.next = timer;
      timer.previous = last;
    }
    return timer;
  }

  /** A list that waits for nothing keeps no process. */
  remove(timer: ListedTimer): void {
    const { previous, next } = timer;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // A dead timer that the garbage collector takes for an old one must not keep others.
    timer.previous = undefined;
    timer.next = undefined;
    if (this.#first === undefined) this.#alarm?.unref();
  }

  #keepAwake(): void {
    if (this.#alarm === undefined) this.#setAlarm(this.#delayMs);
    else this.#alarm.ref();
  }

  #setAlarm(delayMs: number): void {
    this.#alarm = setTimeout(() => this.#fireDue(), Math.min(delayMs, MAX_DELAY_MS));
  }

  #fireDue(): void {
    const now = performance.now();
    try {
      for (let timer = this.#first; timer !== undefined && timer.dueAt <= now; timer = this.#first) {
        timer.cancel();
        timer.fire();
      }
    } finally {
      this.#wait();
    }
  }

  #wait(): void {
    if (this.#first !== undefined) return this.#setAlarm(Math.max(1, this.#first.dueAt - performance.now()));
    this.#alarm = undefined;
    this.#onEmpty();
  }
}

class ListedTimer implements Timer {
  /** On the clock of `performance.now()`. */
  readonly dueAt: number;
  readonly fire: () => void;
  previous: ListedTimer | undefined;
  next: ListedTimer | undefined;
  #list: TimerList | undefined;

  constructor(list: TimerList, dueAt: number, fire: () => void) {
    this.#list = list;
    this.dueAt = dueAt;
    this.fire = fire;
  }

  cancel(): void {
    this.#list?.remove(this);
    this.#list = undefined;
  }
}
