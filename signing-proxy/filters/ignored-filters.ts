import { fromBinary, fromJson } from '@bufbuild/protobuf';
import { WasmSchema } from '#xds/generated/messages.js';
import type { EncodedConfig } from './filter-factory.ts';

/**
 * Filters that are accepted and do nothing, because what they do is not seen by callers or functions: telemetry, peer
 * metadata, and Istio's choice of ALPN inside a mesh. Every other unknown filter is refused (xds.md 4.4).
 */
const IGNORED_TYPES = new Set([
  'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
  'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
  'envoy.tcp.metadataexchange.config.MetadataExchange',
  'io.istio.http.peer_metadata.Config',
  'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
  'stats.PluginConfig',
]);

/** Filters that do nothing as long as they are not configured. */
const IGNORED_WHEN_EMPTY = new Set([
  'envoy.extensions.filters.http.set_filter_state.v3.Config',
  'envoy.extensions.filters.http.stateful_session.v3.StatefulSession',
]);

/** Istio's own extensions, which Envoy carries as native code under these names. */
const IGNORED_NULL_VM_CODE = new Set(['envoy.wasm.metadata_exchange', 'envoy.wasm.stats', 'envoy.wasm.attributegen']);

export function isIgnoredFilter({ typeName, config }: { typeName: string; config: EncodedConfig }): boolean {
  if (IGNORED_TYPES.has(typeName)) return true;
  if (IGNORED_WHEN_EMPTY.has(typeName)) return isEmpty(config);
  return typeName === WasmSchema.typeName && isNullVm(config);
}

function isEmpty(config: EncodedConfig): boolean {
  return 'bytes' in config ? config.bytes.length === 0 : Object.keys(config.json).length === 0;
}

/** Wasm whose virtual machine is Envoy itself and whose code is one of Istio's. */
function isNullVm(config: EncodedConfig): boolean {
  const wasm =
    'bytes' in config
      ? fromBinary(WasmSchema, config.bytes)
      : fromJson(WasmSchema, config.json, { ignoreUnknownFields: true });
  const vm = wasm.config?.vm.value;
  const code = vm?.code?.specifier.value;
  const source = code !== undefined && 'specifier' in code ? code.specifier : undefined;
  return vm?.runtime === 'envoy.wasm.null' && source?.case === 'inlineString' && IGNORED_NULL_VM_CODE.has(source.value);
}
