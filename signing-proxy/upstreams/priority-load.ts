/** How many endpoints of one priority there are, and can be used. */
export interface PriorityHealth {
  readonly healthy: number;
  readonly total: number;
}

/** A priority counts as whole as long as 100/140 of it is healthy. */
const OVERPROVISIONING = 1.4;

export interface PriorityLoads {
  /** The share of requests, 0 to 1, for each priority. */
  readonly loads: readonly number[];
  /** What all of them can carry together; below 1 it is not enough. */
  readonly capacity: number;
}

/**
 * Spreads requests over priorities: the first takes what it can carry, the next ones what is left. Where all together
 * cannot carry everything, they share it by what they can (envoy load balancing docs, priority levels).
 */
export function computePriorityLoads(levels: readonly PriorityHealth[]): PriorityLoads {
  const capacities = levels.map(({ healthy, total }) =>
    total === 0 ? 0 : Math.min(1, (OVERPROVISIONING * healthy) / total),
  );
  const capacity = capacities.reduce((one, other) => one + other, 0);
  const scale = capacity === 0 ? 0 : Math.max(1, 1 / capacity);
  let left = 1;
  const loads = capacities.map((own) => {
    const load = Math.min(left, own * scale);
    left -= load;
    return load;
  });
  return { loads, capacity };
}
