/** A new state of the world to tell the clients. */
export interface Push {
  readonly version: string;
  /** Why, for the events: `VirtualService default/cat changed`. */
  readonly reason: string;
  /** The type URLs that may have changed; all when left out. */
  readonly only?: ReadonlySet<string>;
}

/** Two pushes in one: the later version, the types and reasons of both. */
export function mergePushes(earlier: Push, later: Push): Push {
  const reasons = new Set([...earlier.reason.split(', '), later.reason]);
  const merged = { version: later.version, reason: Array.from(reasons).join(', ') };
  if (earlier.only === undefined || later.only === undefined) return merged;
  return { ...merged, only: new Set([...earlier.only, ...later.only]) };
}
