// Envoy's names of before 1.14 and their successors (istio pkg/config/xds/deprecation.go).
const DEPRECATED_NAMES: Readonly<Record<string, string>> = {
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.client_ssl_auth': 'envoy.filters.network.client_ssl_auth',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.csrf': 'envoy.filters.http.csrf',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.gzip': 'envoy.filters.http.gzip',
  'envoy.health_check': 'envoy.filters.http.health_check',
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
  'envoy.listener.http_inspector': 'envoy.filters.listener.http_inspector',
  'envoy.listener.original_dst': 'envoy.filters.listener.original_dst',
  'envoy.listener.proxy_protocol': 'envoy.filters.listener.proxy_protocol',
  'envoy.listener.tls_inspector': 'envoy.filters.listener.tls_inspector',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.router': 'envoy.filters.http.router',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
};

/** The name that a filter has today. */
export function toCanonicalFilterName(name: string): string {
  return DEPRECATED_NAMES[name] ?? name;
}

/** Whether a name in a match means a filter; the older name of a filter means it too. */
export function isFilterName(matched: string | undefined, name: string): boolean {
  return matched === name || DEPRECATED_NAMES[matched ?? ''] === name;
}
