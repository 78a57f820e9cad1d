import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AnySchema, type Any } from '@bufbuild/protobuf/wkt';
import {
  CorsSchema,
  GrpcStatsFilterConfigSchema,
  HTTPFaultSchema,
  RouterSchema,
  UdpaTypedStructSchema,
  type HttpFilterSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { isAtLeast, type IstioMinor } from '../version.ts';

type HttpFilterInit = MessageInitShape<typeof HttpFilterSchema>;

export const FAULT_FILTER = 'envoy.filters.http.fault';

const ALPN = 'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig';

/** What kind of listener a connection manager serves. */
export type ListenerClass = 'gateway' | 'sidecar-inbound' | 'sidecar-outbound';

export interface HttpFilterOptions {
  readonly listenerClass: ListenerClass;
  readonly istioVersion: string;
  /** What callers must pass; outbound nobody has to. */
  readonly authorization?: readonly HttpFilterInit[] | undefined;
}

/**
 * The HTTP filters of every connection manager, in the order of a version of Istio (istio `listener.go`, later
 * `listener_builder.go`, by release). Those that only Istio's own Envoy has carry their type and nothing in it: they hold the
 * places that EnvoyFilters are inserted at.
 */
export function createHttpFilters({
  listenerClass,
  istioVersion,
  authorization = [],
}: HttpFilterOptions): HttpFilterInit[] {
  const since = (minor: IstioMinor): boolean => isAtLeast(istioVersion, minor);
  const exchange = httpFilter('istio.metadata_exchange', istioExtension('io.istio.http.peer_metadata.Config'));
  const fault = httpFilter(FAULT_FILTER, packAny(HTTPFaultSchema));
  const cors = httpFilter('envoy.filters.http.cors', packAny(CorsSchema));
  // In 1.11 an EnvoyFilter of the installation put it first; from 1.16 on istiod does.
  const isExchangeFirst = since('1.16') || !since('1.12');
  const choosesAlpn = listenerClass === 'sidecar-outbound' || (listenerClass === 'gateway' && since('1.14'));
  return [
    ...(isExchangeFirst ? [exchange, ...authorization] : [...authorization, exchange]),
    ...(since('1.18')
      ? [httpFilter('envoy.filters.http.grpc_stats', packAny(GrpcStatsFilterConfigSchema, GRPC_STATS))]
      : []),
    ...(choosesAlpn ? [httpFilter('istio.alpn', bareType(ALPN))] : []),
    ...(since('1.13') ? [fault, cors] : [cors, fault]),
    httpFilter('istio.stats', istioExtension('stats.PluginConfig')),
    httpFilter('envoy.filters.http.router', packAny(RouterSchema)),
  ];
}

/** istio `pilot/pkg/xds/filters/filters.go` */
const GRPC_STATS: MessageInitShape<typeof GrpcStatsFilterConfigSchema> = {
  emitFilterState: true,
  perMethodStatSpecifier: { case: 'statsForAllMethods', value: { value: false } },
};

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
