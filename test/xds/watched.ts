/** A list that a test can wait on. */
export interface Watched<T> {
  readonly all: readonly T[];
  readonly add: (item: T) => void;
  /** Resolves with the first `count` items that match, once there are as many. */
  readonly take: (count: number, matches?: (item: T) => boolean) => Promise<readonly T[]>;
}

export function createWatched<T>(): Watched<T> {
  const all: T[] = [];
  const waiting = new Set<() => void>();
  return {
    all,
    add(item) {
      all.push(item);
      for (const look of waiting) look();
    },
    take: (count, matches = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = all.filter(matches);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found.slice(0, count));
        };
        waiting.add(look);
        look();
      }),
  };
}
