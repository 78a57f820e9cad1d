import { formatTable } from '../istioctl/text-table.ts';
import type { ProxyStatus } from './proxy-status.ts';

const HEADINGS = ['NAME', 'CLUSTER', 'CDS', 'LDS', 'EDS', 'RDS', 'ECDS', 'ISTIOD', 'VERSION'];

/** What `istioctl proxy-status` prints, before its newest form (gateways.md 5.9). */
export function formatProxyStatus(rows: readonly ProxyStatus[]): string {
  return formatTable([
    HEADINGS,
    ...rows.map((row) => [
      row.name,
      row.clusterId,
      row.cdsStatus,
      row.ldsStatus,
      row.edsStatus,
      row.rdsStatus,
      row.ecdsStatus,
      row.istiod,
      row.version,
    ]),
  ]);
}
