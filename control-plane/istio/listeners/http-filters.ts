import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AnySchema, type Any } from '@bufbuild/protobuf/wkt';
import {
  CorsSchema,
  HTTPFaultSchema,
  RouterSchema,
  UdpaTypedStructSchema,
  type HttpFilterSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';

type HttpFilterInit = MessageInitShape<typeof HttpFilterSchema>;

export const FAULT_FILTER = 'envoy.filters.http.fault';

const ALPN = 'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig';

/** What kind of listener a connection manager serves. */
export type ListenerClass = 'gateway' | 'sidecar-inbound' | 'sidecar-outbound';

/**
 * The HTTP filters of every connection manager, in Istio's order (istio `listener_builder.go`). Those that only Istio's
 * own Envoy has carry their type and nothing in it: they hold the places that EnvoyFilters are inserted at.
 */
export function createHttpFilters(
  listenerClass: ListenerClass,
  authorization: readonly HttpFilterInit[] = [],
): HttpFilterInit[] {
  return [
    httpFilter('istio.metadata_exchange', istioExtension('io.istio.http.peer_metadata.Config')),
    ...authorization,
    ...(listenerClass === 'sidecar-inbound' ? [] : [httpFilter('istio.alpn', bareType(ALPN))]),
    httpFilter(FAULT_FILTER, packAny(HTTPFaultSchema)),
    httpFilter('envoy.filters.http.cors', packAny(CorsSchema)),
    httpFilter('istio.stats', istioExtension('stats.PluginConfig')),
    httpFilter('envoy.filters.http.router', packAny(RouterSchema)),
  ];
}

/** A message of a type that is not generated, without fields. */
export function bareType(typeName: string): Any {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}` });
}

/** The configuration of an extension whose type Istio itself does not compile in, without fields. */
export function istioExtension(typeName: string): Any {
  return packAny(UdpaTypedStructSchema, { typeUrl: `type.googleapis.com/${typeName}`, value: {} });
}

function httpFilter(name: string, value: Any): HttpFilterInit {
  return { name, configType: { case: 'typedConfig', value } };
}
