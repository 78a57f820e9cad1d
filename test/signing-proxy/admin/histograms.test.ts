import { describe, expect, test } from 'vitest';
import { formatPrometheus } from '#signing-proxy/admin/show-prometheus.ts';
import { describeStats, formatStats } from '#signing-proxy/admin/show-stats.ts';
import type { HistogramRule } from '#signing-proxy/dialects/types.ts';
import { Histogram } from '#signing-proxy/histogram.ts';

const NAME = 'http.in.aws_lambda.upstream_rq_payload_size';

function read(values: readonly number[], { rule = 'by-sample' as HistogramRule, name = NAME, at = 5_000 } = {}) {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value, 1_000);
  return { counters: [], histograms: [[name, histogram.read(at)]] as const, rule };
}

/** What the stock releases print about the same payloads. */
describe('a histogram', () => {
  test.each<[release: string, rule: HistogramRule, values: readonly number[], printed: string]>([
    [
      '1.36.4',
      'interpolated',
      [339, 940],
      'P0(330,330) P25(335,335) P50(340,340) P75(945,945) P90(948,948) P95(949,949) P99(949.8,949.8) P99.5(949.9,949.9) P99.9(949.98,949.98) P100(950,950)',
    ],
    [
      '1.36.4',
      'interpolated',
      [5, 5, 5, 5],
      'P0(5,5) P25(5.025,5.025) P50(5.05,5.05) P75(5.075,5.075) P90(5.09,5.09) P95(5.095,5.095) P99(5.099,5.099) P99.5(5.0995,5.0995) P99.9(5.0999,5.0999) P100(5.1,5.1)',
    ],
    [
      '1.40.0',
      'by-sample',
      [235, 400],
      'P0(234.99999999999997,234.99999999999997) P25(234.99999999999997,234.99999999999997) P50(234.99999999999997,234.99999999999997) P75(405,405) P90(405,405) P95(405,405) P99(405,405) P99.5(405,405) P99.9(405,405) P100(405,405)',
    ],
    [
      '1.40.0',
      'by-sample',
      [5, 5, 5, 5],
      'P0(5.02,5.02) P25(5.02,5.02) P50(5.04,5.04) P75(5.06,5.06) P90(5.08,5.08) P95(5.08,5.08) P99(5.08,5.08) P99.5(5.08,5.08) P99.9(5.08,5.08) P100(5.08,5.08)',
    ],
  ])('reads as that of Envoy %s, %s', (_, rule, values, printed) => {
    expect(formatStats(read(values, { rule }))).toBe(`${NAME}: ${printed}\n`);
  });

  test.each<[release: string, rule: HistogramRule, upTo5: number, sum: string]>([
    ['1.36.4', 'interpolated', 0, '20.1999999999999992894572642399'],
    ['1.40.0', 'by-sample', 4, '20.198019801980198195678894990124'],
  ])('is summed up for Prometheus as by Envoy %s', (_, rule, upTo5, sum) => {
    const text = formatPrometheus(read([5, 5, 5, 5], { rule }));
    const label = 'envoy_http_conn_manager_prefix="in"';
    const metric = 'envoy_http_aws_lambda_upstream_rq_payload_size';
    expect(text.split('\n').filter((line) => /TYPE|le="(1|5|10|\+Inf)"|_sum|_count/.test(line))).toEqual([
      `# TYPE ${metric} histogram`,
      `${metric}_bucket{${label},le="1"} 0`,
      `${metric}_bucket{${label},le="5"} ${upTo5}`,
      `${metric}_bucket{${label},le="10"} 4`,
      `${metric}_bucket{${label},le="+Inf"} 4`,
      `${metric}_sum{${label}} ${sum}`,
      `${metric}_count{${label}} 4`,
    ]);
  });

  test.each([
    ['cluster.a.b.aws_lambda.size', 'envoy_cluster_aws_lambda_size_count{envoy_cluster_name="a.b"} 1'],
    [
      'cluster.a-b.cluster.a-baws_lambda.size',
      'envoy_cluster_cluster_a_baws_lambda_size_count{envoy_cluster_name="a-b"} 1',
    ],
    ['aws_lambda.size', 'envoy_aws_lambda_size_count{} 1'],
  ])('named %s has its labels', (name, line) => {
    expect(formatPrometheus(read([1], { name })).split('\n')).toContain(line);
  });

  test('shows what came in the last interval, and nothing of the one that runs', () => {
    expect(formatStats(read([7], { at: 4_999 }))).toBe(`${NAME}: No recorded values\n`);
    expect(formatStats(read([7], { at: 10_000 }))).toMatch(/ P0\(nan,7\.05\) /);
    expect(formatStats(read([0]))).toMatch(/ P100\(0,0\)\n$/);
  });

  test('has its quantiles in JSON', () => {
    expect(describeStats(read([7], { at: 10_000 }))).toMatchObject({
      stats: [
        {
          histograms: {
            supported_quantiles: [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100],
            computed_quantiles: [{ name: NAME, values: Array(10).fill({ interval: null, cumulative: 7.05 }) }],
          },
        },
      ],
    });
  });
});
