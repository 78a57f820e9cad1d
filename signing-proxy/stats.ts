/** A number that grows, or goes up and down. */
export interface Stat {
  value: number;
}

/** The counters and gauges of one proxy, under Envoy's names: `cluster.lambda.upstream_rq_total`. */
export class ProxyStats {
  readonly #stats = new Map<string, Stat>();

  /** Looked up once by whoever counts; counting is then an addition. */
  find(name: string): Stat {
    const stat = this.#stats.get(name) ?? { value: 0 };
    this.#stats.set(name, stat);
    return stat;
  }

  /** Sorted by name. */
  entries(): readonly (readonly [name: string, value: number])[] {
    return Array.from(this.#stats, ([name, { value }]) => [name, value] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Counts answers by the first digit of their status: `<prefix>_2xx`. */
export function createStatusStats(stats: ProxyStats, prefix: string): (status: number) => void {
  const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'].map((name) => stats.find(`${prefix}_${name}`));
  return (status) => {
    const counted = classes[Math.floor(status / 100) - 1];
    if (counted !== undefined) counted.value++;
  };
}
