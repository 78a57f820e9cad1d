import {
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManager_ServerHeaderTransformation,
  type HttpConnectionManager,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { compileFilterChain } from '../filters/filter-chain.ts';
import type { FilterChain } from '../filters/types.ts';
import { compileRouteTable } from '../routing/compile-route-table.ts';
import type { CompiledRouteTable } from '../routing/types.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { createStatusStats, type ProxyStats, type Stat } from '../stats.ts';
import { compileAccessLog, type AccessLog } from './access-log.ts';
import type { CodecType } from './codec-selector.ts';
import type { ForwardedClientCertMode } from './forwarded-client-cert.ts';
import type { HostPortStripping } from './host-port.ts';
import { compileInternalAddresses } from './internal-address.ts';
import { compileLocalReplyMapper, type LocalReplyMapper } from './local-reply-mapper.ts';
import type { PathOptions } from './path-normalization.ts';
import type { RequestMutationConfig } from './request-mutation.ts';
import type { ResponseMutationConfig } from './response-mutation.ts';
import type { TraceSettings } from './trace-context.ts';

const DEFAULT_STREAM_IDLE_MS = 300_000;
const DEFAULT_MAX_HEADERS_KB = 60;
const DEFAULT_MAX_HEADER_COUNT = 100;
const DEFAULT_BUFFER_BYTES = 1_048_576;
const DEFAULT_WINDOW_BYTES = 268_435_456;

/** A connection manager's configuration, checked and in the terms of this code. Durations of 0 mean none. */
export interface ManagerConfig {
  readonly codec: CodecType;
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  /** Most of a body that a filter may hold: with HTTP/1 the connection's buffer, with HTTP/2 the stream's window. */
  readonly bodyLimitBytes: { readonly http1: number; readonly http2: number };
  readonly acceptsHttp10: boolean;
  /** Whether trailers of HTTP/1 requests are kept. */
  readonly keepsTrailers: boolean;
  /** HTTP/2: a malformed request ends its stream, not the connection. */
  readonly endsOnlyStreams: boolean;
  /** The name of a route table that arrives separately, or a table of its own. */
  readonly routes: string | CompiledRouteTable;
  readonly filterChain: FilterChain;
  readonly request: RequestMutationConfig;
  readonly response: ResponseMutationConfig;
  readonly host: { readonly stripping: HostPortStripping; readonly stripsTrailingDot: boolean };
  readonly path: PathOptions;
  readonly tracing: TraceSettings | undefined;
  readonly upgrades: ReadonlySet<string>;
  readonly streamIdleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestHeadersTimeoutMs: number;
  readonly connectionIdleTimeoutMs: number;
  /** Rewrites answers of the proxy's own; undefined where they stay as they are. */
  readonly mapLocalReply: LocalReplyMapper | undefined;
  /** Undefined where nothing is logged. */
  readonly accessLog: AccessLog | undefined;
  readonly stats: ManagerStats;
}

/** What is counted under `http.<stat_prefix>.`. */
export interface ManagerStats {
  readonly requests: Stat;
  readonly connections: Stat;
  readonly countStatus: (status: number) => void;
}

/** Compiles a connection manager's configuration whole. @throws ConfigError */
export function compileManagerConfig(config: HttpConnectionManager, context: ProxyContext): ManagerConfig {
  return {
    codec: CODECS[config.codecType],
    maxHeaderBytes: (config.maxRequestHeadersKb ?? DEFAULT_MAX_HEADERS_KB) * 1024,
    maxHeaderCount: config.commonHttpProtocolOptions?.maxHeadersCount ?? DEFAULT_MAX_HEADER_COUNT,
    bodyLimitBytes: {
      http1: context.bufferLimitBytes ?? DEFAULT_BUFFER_BYTES,
      http2: config.http2ProtocolOptions?.initialStreamWindowSize ?? DEFAULT_WINDOW_BYTES,
    },
    acceptsHttp10: config.httpProtocolOptions?.acceptHttp10 ?? false,
    keepsTrailers: config.httpProtocolOptions?.enableTrailers ?? false,
    endsOnlyStreams:
      config.http2ProtocolOptions?.overrideStreamErrorOnInvalidHttpMessage ??
      config.streamErrorOnInvalidHttpMessage ??
      false,
    routes: compileRoutes(config, context),
    filterChain: compileFilterChain(config.httpFilters, { ...context, statPrefix: `http.${config.statPrefix}.` }),
    request: compileRequestMutation(config, context),
    response: compileResponseMutation(config),
    host: { stripping: compileHostStripping(config), stripsTrailingDot: config.stripTrailingHostDot },
    path: compilePath(config),
    tracing: config.tracing && {
      randomPercent: config.tracing.randomSampling?.value ?? 100,
      isOutbound: context.isOutbound ?? false,
    },
    upgrades: new Set(
      config.upgradeConfigs
        .filter(({ enabled }) => enabled ?? true)
        .map(({ upgradeType }) => upgradeType.toLowerCase()),
    ),
    streamIdleTimeoutMs: toMilliseconds(config.streamIdleTimeout) ?? DEFAULT_STREAM_IDLE_MS,
    requestTimeoutMs: toMilliseconds(config.requestTimeout) ?? 0,
    requestHeadersTimeoutMs: toMilliseconds(config.requestHeadersTimeout) ?? 0,
    // Envoy's default is an hour. Nothing here lives that long, and a virtual clock would run to it in every pause.
    connectionIdleTimeoutMs: toMilliseconds(config.commonHttpProtocolOptions?.idleTimeout) ?? 0,
    mapLocalReply: config.localReplyConfig && compileLocalReplyMapper(config.localReplyConfig),
    accessLog: compileAccessLog(config.accessLog, context),
    stats: createStats(config.statPrefix, context.stats),
  };
}

function createStats(prefix: string, stats: ProxyStats): ManagerStats {
  return {
    requests: stats.find(`http.${prefix}.downstream_rq_total`),
    connections: stats.find(`http.${prefix}.downstream_cx_total`),
    countStatus: createStatusStats(stats, `http.${prefix}.downstream_rq`),
  };
}

const CODECS: Readonly<Record<HttpConnectionManager_CodecType, CodecType>> = {
  [HttpConnectionManager_CodecType.AUTO]: 'auto',
  [HttpConnectionManager_CodecType.HTTP1]: 'http1',
  [HttpConnectionManager_CodecType.HTTP2]: 'http2',
  // QUIC is not served; over TCP such a manager would see nothing.
  [HttpConnectionManager_CodecType.HTTP3]: 'http2',
};

function compileRoutes({ routeSpecifier }: HttpConnectionManager, context: ProxyContext): string | CompiledRouteTable {
  switch (routeSpecifier.case) {
    case 'rds':
      return routeSpecifier.value.routeConfigName;
    case 'routeConfig':
      return compileRouteTable(routeSpecifier.value, context);
    case 'scopedRoutes':
      throw new ConfigError('HttpConnectionManager: scoped_routes is not supported');
    case undefined:
      throw new ConfigError('HttpConnectionManager: route_specifier is required');
  }
}

function compileRequestMutation(config: HttpConnectionManager, context: ProxyContext): RequestMutationConfig {
  const details = config.setCurrentClientCertDetails;
  return {
    forwardedFor: {
      usesRemoteAddress: config.useRemoteAddress ?? false,
      trustedHops: config.xffNumTrustedHops,
      skipsAppend: config.skipXffAppend,
    },
    isInternalAddress: compileInternalAddresses(config.internalAddressConfig?.cidrRanges, context.dialect.http),
    clientCert: {
      mode: CLIENT_CERT_MODES[config.forwardClientCertDetails],
      details: {
        subject: details?.subject ?? false,
        cert: details?.cert ?? false,
        chain: details?.chain ?? false,
        uri: details?.uri ?? false,
        dns: details?.dns ?? false,
      },
    },
    generatesRequestId: config.generateRequestId ?? true,
    replacesEmptyRequestId: context.dialect.http.emptyRequestId === 'replaced',
    preservesExternalRequestId: config.preserveExternalRequestId,
    appendsForwardedPort: config.appendXForwardedPort,
    via: config.via,
    addedUserAgent: config.addUserAgent === true ? context.localInfo : undefined,
    isTraced: config.tracing !== undefined,
    removesOriginals: context.dialect.http.tellsOriginalHost,
  };
}

const CLIENT_CERT_MODES: Readonly<Record<HttpConnectionManager_ForwardClientCertDetails, ForwardedClientCertMode>> = {
  [HttpConnectionManager_ForwardClientCertDetails.SANITIZE]: 'sanitize',
  [HttpConnectionManager_ForwardClientCertDetails.FORWARD_ONLY]: 'forward-only',
  [HttpConnectionManager_ForwardClientCertDetails.APPEND_FORWARD]: 'append-forward',
  [HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET]: 'sanitize-set',
  [HttpConnectionManager_ForwardClientCertDetails.ALWAYS_FORWARD_ONLY]: 'always-forward-only',
};

function compileResponseMutation(config: HttpConnectionManager): ResponseMutationConfig {
  return {
    serverName: config.serverName === '' ? 'envoy' : config.serverName,
    serverHeader: SERVER_HEADERS[config.serverHeaderTransformation],
    via: config.via,
    setsRequestId: config.alwaysSetRequestIdInResponse,
  };
}

const SERVER_HEADERS: Readonly<
  Record<HttpConnectionManager_ServerHeaderTransformation, ResponseMutationConfig['serverHeader']>
> = {
  [HttpConnectionManager_ServerHeaderTransformation.OVERWRITE]: 'overwrite',
  [HttpConnectionManager_ServerHeaderTransformation.APPEND_IF_ABSENT]: 'append-if-absent',
  [HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH]: 'pass-through',
};

function compileHostStripping({ stripMatchingHostPort, stripPortMode }: HttpConnectionManager): HostPortStripping {
  const stripsAny = stripPortMode.case === 'stripAnyHostPort' && stripPortMode.value;
  if (stripsAny && stripMatchingHostPort) {
    throw new ConfigError('Error: Only one of `strip_matching_host_port` or `strip_any_host_port` can be set.');
  }
  if (stripsAny) return 'any';
  return stripMatchingHostPort ? 'matching' : 'none';
}

function compilePath(config: HttpConnectionManager): PathOptions {
  return {
    normalizes: config.normalizePath ?? false,
    mergesSlashes: config.mergeSlashes,
    escapedSlashes: ESCAPED_SLASHES[config.pathWithEscapedSlashesAction],
  };
}

const ESCAPED_SLASHES: Readonly<
  Record<HttpConnectionManager_PathWithEscapedSlashesAction, PathOptions['escapedSlashes']>
> = {
  [HttpConnectionManager_PathWithEscapedSlashesAction.IMPLEMENTATION_SPECIFIC_DEFAULT]: 'keep',
  [HttpConnectionManager_PathWithEscapedSlashesAction.KEEP_UNCHANGED]: 'keep',
  [HttpConnectionManager_PathWithEscapedSlashesAction.REJECT_REQUEST]: 'reject',
  [HttpConnectionManager_PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT]: 'unescape-and-redirect',
  [HttpConnectionManager_PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD]: 'unescape-and-forward',
};
