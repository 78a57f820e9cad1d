/** A fact that becomes true once and stays so. Unlike a promise it can be asked, and it tells its waiters at once. */
export class Latch {
  readonly #waiting = new Set<() => void>();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const waiting = Array.from(this.#waiting);
    this.#waiting.clear();
    for (const tell of waiting) tell();
  }

  /** Calls back once the latch opens; at once when it is open. */
  whenOpen(callback: () => void): Disposable {
    if (this.#isOpen) callback();
    else this.#waiting.add(callback);
    return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
  }
}
