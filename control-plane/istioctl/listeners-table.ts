import { isAtLeast } from '../istio/version.ts';
import { describeMatch } from './describe-resource.ts';
import { readAt, readList, readText } from './read-json.ts';
import { formatTable } from './text-table.ts';

const MANAGER = 'envoy.filters.network.http_connection_manager';
const TCP_PROXY = 'envoy.filters.network.tcp_proxy';
const BLACK_HOLE = 'BlackHoleCluster';

const KNOWN_PROTOCOLS: Readonly<Record<string, string>> = {
  'http/1.0,http/1.1,h2c': 'HTTP',
  'http/1.1,h2c': 'HTTP',
  'http/1.0,http/1.1,h2c,istio-http/1.0,istio-http/1.1,istio-h2': 'HTTP TLS',
  'istio,istio-http/1.0,istio-http/1.1,istio-h2': 'Istio HTTP Plain',
  'istio-peer-exchange,istio': 'TCP TLS',
};

/**
 * What `istioctl proxy-config listeners` of a version prints: a line for each filter chain (gateways.md 5.10).
 *
 * @param listeners in proto JSON
 */
export function formatListeners(listeners: readonly unknown[], istioVersion: string): string {
  const rows = listeners.toSorted(byPort).flatMap((listener) => {
    const address = readText(listener, 'address', 'socket_address', 'address');
    const port = readText(listener, 'address', 'socket_address', 'port_value');
    return chainsOf(listener)
      .map((chain) => ({ match: describeChain(chain), destination: describeFilters(readList(chain, 'filters')) }))
      .toSorted((a, b) => compare(b.destination, a.destination))
      .map(({ match, destination }) => [address, port, match, destination]);
  });
  const addresses = isAtLeast(istioVersion, '1.19') ? 'ADDRESSES' : 'ADDRESS';
  return formatTable([[addresses, 'PORT', 'MATCH', 'DESTINATION'], ...rows], 1);
}

function chainsOf(listener: unknown): unknown[] {
  const fallback = readAt(listener, 'default_filter_chain');
  const chains = readList(listener, 'filter_chains');
  return fallback === undefined ? [...chains] : [...chains, fallback];
}

function describeChain(chain: unknown): string {
  const texts = (name: string): string[] => readList(chain, 'filter_chain_match', name).map((value) => readText(value));
  const names = texts('server_names').join(',');
  const transport = readText(chain, 'filter_chain_match', 'transport_protocol');
  const protocols = texts('application_protocols').join(',');
  const parts = [
    names === '' ? '' : `SNI: ${names}`,
    transport === '' ? '' : `Trans: ${transport}`,
    protocols === '' ? '' : `App: ${KNOWN_PROTOCOLS[protocols] ?? protocols}`,
    describeAddress(chain),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'ALL' : parts.join('; ');
}

function describeAddress(chain: unknown): string {
  const port = readText(chain, 'filter_chain_match', 'destination_port');
  const suffix = port === '' ? '' : `:${port}`;
  const ranges = readList(chain, 'filter_chain_match', 'prefix_ranges').map(
    (range) => `${readText(range, 'address_prefix')}/${readText(range, 'prefix_len') || '0'}`,
  );
  if (ranges.length > 0) return `Addr: ${ranges.join(',')}${suffix}`;
  return suffix === '' ? '' : `Addr: *${suffix}`;
}

function describeFilters(filters: readonly unknown[]): string {
  for (const filter of filters) {
    const name = readText(filter, 'name');
    if (name === MANAGER) return describeManager(readAt(filter, 'typed_config'));
    const cluster = readText(filter, 'typed_config', 'cluster');
    if (name === TCP_PROXY && cluster !== BLACK_HOLE) return describeCluster(cluster);
  }
  return 'Non-HTTP/Non-TCP';
}

function describeManager(manager: unknown): string {
  const table = readAt(manager, 'route_config');
  const name = readText(manager, 'rds', 'route_config_name');
  if (table !== undefined) return describeTable(table);
  return name === '' ? 'HTTP' : `Route: ${name}`;
}

/** A table that sends everything to one cluster is as good as that cluster. */
function describeTable(table: unknown): string {
  const hosts = readList(table, 'virtual_hosts');
  const [host] = hosts;
  const routes = readList(host, 'routes');
  const cluster = readText(routes[0], 'route', 'cluster');
  const isAll = readText(routes[0], 'match', 'prefix') === '/' && domainsOf(host) === '';
  if (hosts.length === 1 && routes.length === 1 && isAll && cluster !== '') return describeCluster(cluster);
  const described = hosts.map((each) => {
    const matches = readList(each, 'routes').map((route) => describeMatch(readAt(route, 'match')));
    return [domainsOf(each), matches.join(', ')].filter((part) => part !== '').join(' ');
  });
  return `Inline Route: ${described.join('; ')}`;
}

function domainsOf(host: unknown): string {
  const domains = readList(host, 'domains').map((domain) => readText(domain));
  return domains.length === 1 && domains[0] === '*' ? '' : domains.join('/');
}

function describeCluster(cluster: string): string {
  return cluster.includes('Cluster') ? cluster : `Cluster: ${cluster}`;
}

function byPort(a: unknown, b: unknown): number {
  const at = (listener: unknown, field: string): string => readText(listener, 'address', 'socket_address', field);
  return Number(at(a, 'port_value')) - Number(at(b, 'port_value')) || compare(at(a, 'address'), at(b, 'address'));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
