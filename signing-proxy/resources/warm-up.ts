import { Latch } from './latch.ts';

/** Something a listener or cluster needs before it may serve. */
export interface Dependency {
  /** For events: `RDS "http.8080"`. */
  readonly label: string;
  readonly arrived: Latch;
}

export interface WarmUp extends Disposable {
  /** Labels of what is still missing. */
  waitsFor(): string[];
}

/** Calls `onWarm` once every dependency has arrived: at once when none is missing. */
export function warmUp(dependencies: readonly Dependency[], onWarm: () => void): WarmUp {
  const missing = new Set(dependencies.filter(({ arrived }) => !arrived.isOpen));
  const waits: Disposable[] = [];
  for (const dependency of Array.from(missing)) {
    const arrive = () => {
      missing.delete(dependency);
      if (missing.size === 0) onWarm();
    };
    waits.push(dependency.arrived.whenOpen(arrive));
  }
  if (waits.length === 0) onWarm();
  return {
    waitsFor: () => Array.from(missing, ({ label }) => label),
    [Symbol.dispose]() {
      for (const wait of waits) wait[Symbol.dispose]();
    },
  };
}
