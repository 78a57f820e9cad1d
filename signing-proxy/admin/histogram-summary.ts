import type { HistogramRule } from '../dialects/types.ts';
import type { HistogramBin } from '../histogram.ts';

/** Of `/stats`, in its order. */
export const QUANTILES: readonly number[] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];

/** The value that a share `quantile` (0 to 1) of all values does not exceed; NaN where there is none. */
export function findQuantile(bins: readonly HistogramBin[], quantile: number, rule: HistogramRule): number {
  const rank = quantile * countAll(bins);
  const wanted = rule === 'by-sample' ? Math.max(1, Math.ceil(rank)) : rank;
  let before = 0;
  for (const bin of bins) {
    const { left, width, count } = bin;
    if (before + count >= wanted || bin === bins.at(-1))
      return left + ((wanted - before) / (rule === 'by-sample' ? count + 1 : count)) * width;
    before += count;
  }
  return NaN;
}

/** What all values come to, as far as their bins tell. */
export function sumUp(bins: readonly HistogramBin[], rule: HistogramRule): number {
  return bins.reduce((sum, bin) => sum + findMiddle(bin, rule) * bin.count, 0);
}

export function countAll(bins: readonly HistogramBin[]): number {
  return bins.reduce((sum, { count }) => sum + count, 0);
}

/** How many values count as no larger than a limit: those of whole bins. */
export function countUpTo(bins: readonly HistogramBin[], limit: number, rule: HistogramRule): number {
  return countAll(bins.filter(({ left, width }) => (rule === 'by-sample' ? left : left + width) <= limit));
}

function findMiddle({ left, width }: HistogramBin, rule: HistogramRule): number {
  if (width === 0) return left;
  return rule === 'by-sample' ? left + width * (left / (left + left + width)) : left + width / 2;
}
