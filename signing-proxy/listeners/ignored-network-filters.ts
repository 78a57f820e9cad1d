/** Telemetry and peer metadata of Istio: nothing a request meets depends on them here (xds.md 4.4). */
const IGNORED = new Set([
  'envoy.tcp.metadataexchange.config.MetadataExchange',
  'envoy.extensions.filters.network.set_filter_state.v3.Config',
  'io.istio.network.peer_metadata.Config',
  'istio.tcp.metadataexchange.config.MetadataExchange',
  'stats.PluginConfig',
]);

/** Whether network filters of a type are accepted and do nothing. */
export function isIgnoredNetworkFilter(type: string): boolean {
  return IGNORED.has(type);
}
