import { Histogram } from './histogram.ts';

/** A number that grows, or goes up and down. */
export interface Stat {
  value: number;
}

/** The counters, gauges and histograms of one proxy, under Envoy's names: `cluster.lambda.upstream_rq_total`. */
export class ProxyStats {
  readonly #stats = new Map<string, Stat>();
  readonly #histograms = new Map<string, Histogram>();

  /** Looked up once by whoever counts; counting is then an addition. */
  find(name: string): Stat {
    const stat = this.#stats.get(name) ?? { value: 0 };
    this.#stats.set(name, stat);
    return stat;
  }

  findHistogram(name: string): Histogram {
    const histogram = this.#histograms.get(name) ?? new Histogram();
    this.#histograms.set(name, histogram);
    return histogram;
  }

  /** Sorted by name. */
  entries(): readonly (readonly [name: string, value: number])[] {
    return Array.from(this.#stats, ([name, { value }]) => [name, value] as const).sort(byName);
  }

  /** Sorted by name. */
  histograms(): readonly (readonly [name: string, histogram: Histogram])[] {
    return Array.from(this.#histograms).sort(byName);
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Counts answers by the first digit of their status: `<prefix>_2xx`. */
export function createStatusStats(stats: ProxyStats, prefix: string): (status: number) => void {
  const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'].map((name) => stats.find(`${prefix}_${name}`));
  return (status) => {
    const counted = classes[Math.floor(status / 100) - 1];
    if (counted !== undefined) counted.value++;
  };
}
