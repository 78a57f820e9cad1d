import { readList, readText } from './read-json.ts';
import { formatTable } from './text-table.ts';

const UNHEALTHY = new Set(['UNHEALTHY', 'DRAINING', 'TIMEOUT']);

/**
 * What `istioctl proxy-config endpoints` prints (gateways.md 5.10). Nothing says here which endpoints a proxy has ejected,
 * so that all pass the outlier check.
 *
 * @param assignments ClusterLoadAssignments in proto JSON
 */
export function formatEndpoints(assignments: readonly unknown[]): string {
  const rows = assignments.flatMap((assignment) =>
    readList(assignment, 'endpoints')
      .flatMap((locality) => readList(locality, 'lb_endpoints'))
      .map((endpoint) => [
        describeAddress(endpoint),
        describeHealth(endpoint),
        'OK',
        readText(assignment, 'cluster_name'),
      ]),
  );
  const sorted = rows.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
  return formatTable([['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], ...sorted]);
}

function describeAddress(endpoint: unknown): string {
  const path = ['endpoint', 'address', 'socket_address'] as const;
  return `${readText(endpoint, ...path, 'address')}:${readText(endpoint, ...path, 'port_value')}`;
}

function describeHealth(endpoint: unknown): string {
  const status = readText(endpoint, 'health_status');
  return UNHEALTHY.has(status) ? status : 'HEALTHY';
}
