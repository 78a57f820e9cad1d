import { parseClusterName } from '../istio/names.ts';
import { describeOrigin } from './describe-resource.ts';
import { readText } from './read-json.ts';
import { formatTable } from './text-table.ts';

/**
 * What `istioctl proxy-config clusters` prints, by service (gateways.md 5.10).
 *
 * @param clusters in proto JSON
 */
export function formatClusters(clusters: readonly unknown[]): string {
  const rows = clusters.map(formatCluster).toSorted(byService);
  return formatTable([['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'], ...rows]);
}

/** A name that is not Istio's stands for itself. STATIC is the type of a cluster that names none. */
function formatCluster(cluster: unknown): string[] {
  const name = readText(cluster, 'name');
  const parts = parseClusterName(name);
  const described = [readText(cluster, 'type') || 'STATIC', describeOrigin(cluster)];
  if (parts === undefined) return [name, '-', '-', '-', ...described];
  return [parts.host, String(parts.port), parts.subset || '-', parts.direction, ...described];
}

function byService(a: readonly string[], b: readonly string[]): number {
  const [hostA = '', portA = '', subsetA = '', directionA = ''] = a;
  const [hostB = '', portB = '', subsetB = '', directionB = ''] = b;
  return (
    compare(hostA, hostB) ||
    compare(subsetA, subsetB) ||
    (Number(portA) || 0) - (Number(portB) || 0) ||
    compare(directionA, directionB)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
