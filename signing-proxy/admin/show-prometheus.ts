import type { HistogramRule } from '../dialects/types.ts';
import type { HistogramBin } from '../histogram.ts';
import { countAll, countUpTo, sumUp } from './histogram-summary.ts';
import type { StatsReading } from './show-stats.ts';

/** Envoy's own, made for milliseconds; sizes are counted in the same. */
const LIMITS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** The text of `/stats/prometheus`: cluster and prefix become labels, as Envoy's tag extraction makes them. */
export function formatPrometheus({ counters, histograms, rule }: StatsReading): string {
  const counted = counters.map(([stat, value]) => {
    const { name, labels } = nameMetric(stat);
    return { name, lines: [`${name}{${labels}} ${value}`] };
  });
  const recorded = histograms.map(([stat, { cumulative }]) => {
    const { name, labels } = nameMetric(stat);
    return { name, lines: describeBuckets({ name, labels }, cumulative, rule) };
  });
  return formatMetrics(counted, 'counter') + formatMetrics(recorded, 'histogram');
}

interface Metric {
  readonly name: string;
  readonly lines: readonly string[];
}

function formatMetrics(metrics: readonly Metric[], type: 'counter' | 'histogram'): string {
  let text = '';
  let last = '';
  for (const { name, lines } of metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name !== last) text += `# TYPE ${name} ${type}\n`;
    last = name;
    text += lines.map((line) => `${line}\n`).join('');
  }
  return text;
}

function describeBuckets(
  { name, labels }: MetricName,
  bins: readonly HistogramBin[],
  rule: HistogramRule,
): readonly string[] {
  const limited = LIMITS.map((limit) => [String(limit), countUpTo(bins, limit, rule)] as const);
  const comma = labels === '' ? '' : ',';
  return [
    ...[...limited, ['+Inf', countAll(bins)] as const].map(
      ([limit, count]) => `${name}_bucket{${labels}${comma}le="${limit}"} ${count}`,
    ),
    `${name}_sum{${labels}} ${formatExactly(sumUp(bins, rule))}`,
    `${name}_count{${labels}} ${countAll(bins)}`,
  ];
}

/** 32 significant digits, without zeros at the end. */
function formatExactly(value: number): string {
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- the limit is 100 since ES2018
  return value.toPrecision(32).replace(/\.?0+$/, '');
}

interface MetricName {
  readonly name: string;
  /** What stands between the braces. */
  readonly labels: string;
}

/** The name of a cluster or prefix may have dots; what follows has none, but for filters that count under their own name. */
const OWNED =
  /^(?<scope>cluster|http)\.(?<owner>.+?)\.(?<stat>(?:cluster\.\k<owner>)?aws_(?:lambda|request_signing)\.\w+|\w+)$/;

function nameMetric(text: string): MetricName {
  const { scope, owner = '', stat = text } = OWNED.exec(text)?.groups ?? {};
  const status = /^(.*_rq)_(\d)xx$/.exec(stat);
  const value = owner.replaceAll(/["\\]/g, '\\$&');
  const own =
    scope === undefined
      ? []
      : [scope === 'cluster' ? `envoy_cluster_name="${value}"` : `envoy_http_conn_manager_prefix="${value}"`];
  const labels = status === null ? own : [`envoy_response_code_class="${status[2]}"`, ...own];
  const name = [...(scope === undefined ? [] : [scope]), status === null ? stat : `${status[1]}_xx`].join('_');
  return { name: `envoy_${name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`, labels: labels.join() };
}
