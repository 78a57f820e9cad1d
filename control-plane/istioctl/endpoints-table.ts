import { formatTable } from './text-table.ts';

/** An endpoint as a proxy uses it: an address of a name that was looked up, too. */
export interface UsedEndpoint {
  readonly cluster: string;
  readonly address: string;
  readonly port: number;
  /** What the control plane says of it. */
  readonly isHealthy: boolean;
  /** Whether the proxy has taken it out for its failures. */
  readonly isEjected: boolean;
}

/** What `istioctl proxy-config endpoints` prints: every endpoint of every cluster, by address (gateways.md 5.10). */
export function formatEndpoints(endpoints: readonly UsedEndpoint[]): string {
  const rows = endpoints
    .toSorted((a, b) => compare(a.address, b.address) || a.port - b.port || compare(a.cluster, b.cluster))
    .map(({ cluster, address, port, isHealthy, isEjected }) => [
      `${address}:${port}`,
      isHealthy ? 'HEALTHY' : 'UNHEALTHY',
      isEjected ? 'FAILED' : 'OK',
      cluster,
    ]);
  return formatTable([['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], ...rows]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
