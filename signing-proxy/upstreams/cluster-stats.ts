import { createStatusStats, type ProxyStats, type Stat } from '../stats.ts';
import { UpstreamError } from './upstream-error.ts';

/** What is counted for one cluster. */
export interface ClusterStats {
  readonly total: Stat;
  readonly retries: Stat;
  readonly retryOverflow: Stat;
  readonly countStatus: (status: number) => void;
  /** A request that got no answer. */
  readonly countFailure: (error: unknown) => void;
}

export function createClusterStats(stats: ProxyStats, cluster: string): ClusterStats {
  const find = (name: string) => stats.find(`cluster.${cluster}.${name}`);
  const connectFail = find('upstream_cx_connect_fail');
  const overflow = find('upstream_rq_pending_overflow');
  const reset = find('upstream_rq_tx_reset');
  return {
    total: find('upstream_rq_total'),
    retries: find('upstream_rq_retry'),
    retryOverflow: find('upstream_rq_retry_overflow'),
    countStatus: createStatusStats(stats, `cluster.${cluster}.upstream_rq`),
    countFailure(error) {
      if (!(error instanceof UpstreamError)) reset.value++;
      else if (error.flag === 'UF') connectFail.value++;
      else if (error.flag === 'UO') overflow.value++;
    },
  };
}
