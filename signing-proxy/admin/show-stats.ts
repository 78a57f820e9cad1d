import type { JsonObject } from '@bufbuild/protobuf';
import type { HistogramRule } from '../dialects/types.ts';
import type { HistogramReading } from '../histogram.ts';
import { findQuantile, QUANTILES } from './histogram-summary.ts';

/** The statistics of a proxy at one moment, by name. */
export interface StatsReading {
  readonly counters: readonly (readonly [name: string, value: number])[];
  readonly histograms: readonly (readonly [name: string, reading: HistogramReading])[];
  readonly rule: HistogramRule;
}

/** The text of `/stats`: counters, then histograms. */
export function formatStats({ counters, histograms, rule }: StatsReading): string {
  const counted = counters.map(([name, value]) => `${name}: ${value}\n`);
  const recorded = histograms.map(([name, reading]) => `${name}: ${formatHistogram(reading, rule)}\n`);
  return [...counted, ...recorded].join('');
}

/** The JSON of `/stats?format=json`. */
export function describeStats({ counters, histograms, rule }: StatsReading): JsonObject {
  const stats: JsonObject[] = counters.map(([name, value]) => ({ name, value }));
  if (histograms.length > 0)
    stats.push({
      histograms: {
        supported_quantiles: QUANTILES.map((quantile) => quantile * 100),
        computed_quantiles: histograms.map(([name, reading]) => ({ name, values: describeHistogram(reading, rule) })),
      },
    });
  return { stats };
}

/** In the interval, and since the start. */
function formatHistogram({ interval, cumulative }: HistogramReading, rule: HistogramRule): string {
  if (cumulative.length === 0) return 'No recorded values';
  return QUANTILES.map((quantile) => {
    const values = [interval, cumulative].map((bins) => findQuantile(bins, quantile, rule));
    return `P${quantile * 100}(${values.map((value) => (Number.isNaN(value) ? 'nan' : value)).join()})`;
  }).join(' ');
}

function describeHistogram({ interval, cumulative }: HistogramReading, rule: HistogramRule): JsonObject[] {
  const find = (bins: HistogramReading['interval'], quantile: number) =>
    bins.length === 0 ? null : findQuantile(bins, quantile, rule);
  return QUANTILES.map((quantile) => ({ interval: find(interval, quantile), cumulative: find(cumulative, quantile) }));
}
