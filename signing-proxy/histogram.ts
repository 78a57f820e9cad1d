import type { Instant } from '#core/clock.ts';

/** Values that differ from the third digit on are counted together. */
export interface HistogramBin {
  readonly left: number;
  readonly width: number;
  readonly count: number;
}

/** What has been recorded: in the last interval that is over, and since the start up to its end. */
export interface HistogramReading {
  /** Ordered by `left`; empty where nothing was recorded. */
  readonly interval: readonly HistogramBin[];
  readonly cumulative: readonly HistogramBin[];
}

/** How often an Envoy looks into its histograms (`stats_flush_interval`). What came since is not shown. */
const FLUSH_MS = 5_000;

/** Sizes as Envoy counts them: in bins of two significant digits, shown up to the end of the last five seconds. */
export class Histogram {
  readonly #total = new Map<number, HistogramBin>();
  #interval = new Map<number, HistogramBin>();
  #current = new Map<number, HistogramBin>();
  #flushes = 0;

  /** `value` is not negative. */
  record(value: number, now: Instant): void {
    this.#flush(now);
    add(this.#current, createBin(value));
  }

  read(now: Instant): HistogramReading {
    this.#flush(now);
    return { interval: sort(this.#interval), cumulative: sort(this.#total) };
  }

  #flush(now: Instant): void {
    const flushes = Math.floor(now / FLUSH_MS);
    if (flushes === this.#flushes) return;
    for (const bin of this.#current.values()) add(this.#total, bin);
    this.#interval = flushes === this.#flushes + 1 ? this.#current : new Map();
    this.#current = new Map();
    this.#flushes = flushes;
  }
}

function add(bins: Map<number, HistogramBin>, bin: HistogramBin): void {
  bins.set(bin.left, { ...bin, count: bin.count + (bins.get(bin.left)?.count ?? 0) });
}

function sort(bins: ReadonlyMap<number, HistogramBin>): HistogramBin[] {
  return Array.from(bins.values()).sort((a, b) => a.left - b.left);
}

/** In the order of operations of libcircllhist, which leaves 229.99999999999997 for 230. */
function createBin(value: number): HistogramBin {
  if (value === 0) return { left: 0, width: 0, count: 1 };
  const power = 10 ** Math.floor(Math.log10(value));
  const digits = Math.floor((value * 10) / power);
  return { left: (digits / 10) * power, width: power / 10, count: 1 };
}
