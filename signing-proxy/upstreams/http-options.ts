import { HttpProtocolOptionsSchema, type Cluster, type HttpProtocolOptions } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { unpackConfig } from '../resources/unpack-config.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';

/** How a cluster speaks HTTP. */
export interface HttpOptions {
  /** `downstream` speaks what the caller spoke, `alpn` what the endpoint chose in the TLS handshake. */
  readonly protocol: 'http1' | 'http2' | 'downstream' | 'alpn';
  /** An idle connection is closed after this long; 0 keeps it. */
  readonly idleTimeoutMs: number;
  /** The request's host is the SNI. */
  readonly usesHostAsSni: boolean;
  /** The header that gives the SNI in place of the host; empty for none. */
  readonly sniHeader: string;
  /** The endpoint's certificate must have the SNI among its names. */
  readonly verifiesSni: boolean;
  /** A connection is closed after so many requests; 0 for no limit. */
  readonly maxRequestsPerConnection: number;
  /** A connection takes no more requests after this long; 0 for no limit. */
  readonly maxConnectionMs: number;
  /** Requests at one time on an HTTP/2 connection, where its endpoint allows more. */
  readonly maxConcurrentStreams: number;
}

const DEFAULT_IDLE_MS = 60 * 60 * 1000;

/** The typed options of a cluster, if it has some. @throws ConfigError */
export function unpackHttpOptions({ typedExtensionProtocolOptions }: Cluster): HttpProtocolOptions | undefined {
  const any = typedExtensionProtocolOptions[HttpProtocolOptionsSchema.typeName];
  return any && unpackConfig(any, HttpProtocolOptionsSchema);
}

/** Reads the typed options, or the older fields of the cluster where there are none. */
export function compileHttpOptions(cluster: Cluster, typed: HttpProtocolOptions | undefined): HttpOptions {
  const common = typed?.commonHttpProtocolOptions ?? cluster.commonHttpProtocolOptions;
  const upstream = typed?.upstreamHttpProtocolOptions ?? cluster.upstreamHttpProtocolOptions;
  return {
    protocol: typed === undefined ? legacyProtocol(cluster) : chooseProtocol(typed),
    idleTimeoutMs: toMilliseconds(common?.idleTimeout) ?? DEFAULT_IDLE_MS,
    usesHostAsSni: upstream?.autoSni ?? false,
    sniHeader: upstream?.overrideAutoSniHeader.toLowerCase() ?? '',
    verifiesSni: upstream?.autoSanValidation ?? false,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
    maxConnectionMs: toMilliseconds(common?.maxConnectionDuration) ?? 0,
    maxConcurrentStreams: findMaxStreams(cluster, typed) ?? Infinity,
  };
}

function findMaxStreams(cluster: Cluster, typed: HttpProtocolOptions | undefined): number | undefined {
  if (typed === undefined) return cluster.http2ProtocolOptions?.maxConcurrentStreams;
  const { upstreamProtocolOptions: chosen } = typed;
  if (chosen.case !== 'explicitHttpConfig') return chosen.value?.http2ProtocolOptions?.maxConcurrentStreams;
  const { protocolConfig } = chosen.value;
  return protocolConfig.case === 'http2ProtocolOptions' ? protocolConfig.value.maxConcurrentStreams : undefined;
}

function chooseProtocol({ upstreamProtocolOptions: chosen }: HttpProtocolOptions): HttpOptions['protocol'] {
  switch (chosen.case) {
    case 'useDownstreamProtocolConfig':
      return 'downstream';
    case 'autoConfig':
      return 'alpn';
    case 'explicitHttpConfig':
      if (chosen.value.protocolConfig.case === 'http3ProtocolOptions') throw new ConfigError('HTTP/3 is not supported');
      return chosen.value.protocolConfig.case === 'http2ProtocolOptions' ? 'http2' : 'http1';
    case undefined:
      return 'http1';
  }
}

function legacyProtocol(cluster: Cluster): HttpOptions['protocol'] {
  return cluster.http2ProtocolOptions === undefined ? 'http1' : 'http2';
}
