import { isAtLeast } from '../istio/version.ts';
import { describeMatch, describeOrigin } from './describe-resource.ts';
import { readAt, readList, readText } from './read-json.ts';
import { formatTable } from './text-table.ts';

const SHOWN_DOMAINS = 2;

/**
 * What `istioctl proxy-config routes` of a version prints (gateways.md 5.10; istio `istioctl/pkg/writer/envoy/configdump`).
 *
 * @param tables RouteConfigurations in proto JSON, those of discovery before static ones
 */
export function formatRoutes(tables: readonly unknown[], istioVersion: string): string {
  const namesHosts = isAtLeast(istioVersion, '1.18');
  const rows = sortTables(tables).flatMap((table) =>
    readList(table, 'virtual_hosts').flatMap((host) => {
      const own = namesHosts ? [readText(table, 'name'), readText(host, 'name')] : [readText(table, 'name')];
      return formatVirtualHost(host).map((row) => [...own, ...row]);
    }),
  );
  const headings = ['NAME', ...(namesHosts ? ['VHOST NAME'] : []), 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'];
  return formatTable([headings, ...rows]);
}

/** A virtual host without routes answers 404 to everything. */
function formatVirtualHost(host: unknown): string[][] {
  const domains = describeDomains(readList(host, 'domains').map((domain) => readText(domain)));
  const routes = readList(host, 'routes');
  if (routes.length === 0) return [[domains, '/*', '404']];
  return routes
    .filter((route) => readText(route, 'route', 'cluster') !== 'PassthroughCluster')
    .map((route) => [domains, describeMatch(readAt(route, 'match')), describeOrigin(route)]);
}

/** Tables that are named by a port come in the order of ports. */
function sortTables(tables: readonly unknown[]): unknown[] {
  return tables.toSorted((a, b) => {
    const [portOfA, portOfB] = [Number(readText(a, 'name') || NaN), Number(readText(b, 'name') || NaN)];
    return Number.isNaN(portOfA) || Number.isNaN(portOfB) ? 0 : portOfA - portOfB;
  });
}

/** Two names, and how many more; a long form of a name that is there in short counts for nothing. */
function describeDomains(domains: readonly string[]): string {
  if (domains.length === 1) return domains.join('');
  const bare = domains.filter((domain) => !domain.includes(':'));
  const isRepeated = (domain: string): boolean =>
    ['.svc.cluster.local', '.svc'].some(
      (suffix) => domain.endsWith(suffix) && bare.includes(domain.slice(0, -suffix.length)),
    );
  const names = bare.filter((domain) => !isRepeated(domain));
  const shown = names.slice(0, SHOWN_DOMAINS).join(', ');
  return names.length > SHOWN_DOMAINS ? `${shown} + ${names.length - SHOWN_DOMAINS} more...` : shown;
}
