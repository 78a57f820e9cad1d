import { formatAddress } from '#core/address.ts';
import type { RunningCluster } from '../upstreams/running-cluster.ts';

/** The lines of `/clusters`: limits of each cluster, then health, weight and load of each endpoint. */
export function listClusters(clusters: readonly RunningCluster[]): string {
  return clusters.flatMap(listCluster).join('');
}

function listCluster(cluster: RunningCluster): string[] {
  const { name, limits } = cluster;
  const own = [
    ['max_connections', limits.connections],
    ['max_pending_requests', limits.pendingRequests],
    ['max_requests', limits.requests],
    ['max_retries', limits.retries],
  ].map(([label, value]) => `${name}::default_priority::${label}::${value}\n`);
  const hosts = cluster.hostStates().flatMap(({ endpoint, activeRequests, isEjected }) =>
    [
      ['rq_active', activeRequests],
      ['hostname', endpoint.hostname],
      ['health_flags', describeHealth(endpoint.isHealthy, isEjected)],
      ['weight', endpoint.weight],
      ['priority', endpoint.priority],
    ].map(([label, value]) => `${name}::${formatAddress(endpoint.address)}::${label}::${value}\n`),
  );
  return [...own, ...hosts];
}

function describeHealth(isHealthy: boolean, isEjected: boolean): string {
  const flags = [...(isEjected ? ['/failed_outlier_check'] : []), ...(isHealthy ? [] : ['/failed_eds_health'])];
  return flags.length === 0 ? 'healthy' : flags.join('');
}
