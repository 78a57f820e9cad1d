/**
 * Owns things that must be stopped, and stops them in reverse order. Node 20 has no `AsyncDisposableStack`.
 *
 * Every resource is stopped even if another fails to; the failures are thrown together.
 */
export class ResourceStack implements AsyncDisposable {
  #stops: (() => unknown)[] = [];

  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    this.defer(() => (Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose]()));
    return resource;
  }

  defer(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = this.#stops.toReversed();
    this.#stops = [];
    const failures: unknown[] = [];
    for (const stop of stops) {
      try {
        await stop();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} things could not be stopped`);
  }
}
