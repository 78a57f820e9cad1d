import { formatTable } from '../istioctl/text-table.ts';
import { isAtLeast, type IstioMinor } from '../istio/version.ts';
import type { ProxyStatus } from './proxy-status.ts';

interface Column {
  readonly heading: string;
  readonly read: (row: ProxyStatus) => string;
  readonly since?: IstioMinor;
  /** The version that no longer has it. */
  readonly until?: IstioMinor;
}

const TYPES = ['cds', 'lds', 'eds', 'rds', 'ecds'] as const;

// istio `istioctl/pkg/writer/pilot/status.go`, release by release.
const COLUMNS: readonly Column[] = [
  { heading: 'NAME', read: ({ name }) => name },
  { heading: 'CLUSTER', read: ({ clusterId }) => clusterId, since: '1.13' },
  { heading: 'CDS', read: ({ cdsStatus }) => cdsStatus, until: '1.27' },
  { heading: 'LDS', read: ({ ldsStatus }) => ldsStatus, until: '1.27' },
  { heading: 'EDS', read: ({ edsStatus }) => edsStatus, until: '1.27' },
  { heading: 'RDS', read: ({ rdsStatus }) => rdsStatus, until: '1.27' },
  { heading: 'ECDS', read: ({ ecdsStatus }) => ecdsStatus, since: '1.14', until: '1.27' },
  { heading: 'ISTIOD', read: ({ istiod }) => istiod },
  { heading: 'VERSION', read: ({ version }) => version },
  { heading: 'SUBSCRIBED TYPES', read: countSubscribed, since: '1.27' },
];

/** What `istioctl proxy-status` of a version prints (gateways.md 5.9). */
export function formatProxyStatus(rows: readonly ProxyStatus[], istioVersion: string): string {
  const columns = COLUMNS.filter(
    ({ since, until }) =>
      (since === undefined || isAtLeast(istioVersion, since)) &&
      (until === undefined || !isAtLeast(istioVersion, until)),
  );
  return formatTable([
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map(({ read }) => read(row))),
  ]);
}

/** `4 (CDS,LDS,EDS,RDS)` */
function countSubscribed(row: ProxyStatus): string {
  const subscribed = TYPES.filter((type) => row[`${type}Status`] !== 'IGNORED').map((type) => type.toUpperCase());
  return subscribed.length === 0 ? '0' : `${subscribed.length} (${subscribed.join(',')})`;
}
