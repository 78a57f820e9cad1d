import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import {
  ApiVersion,
  HttpConnectionManagerSchema,
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction,
  TcpProxySchema,
  UuidRequestIdConfigSchema,
  type FilterSchema,
  type HttpConnectionManager,
  type RouteConfiguration,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { createDuration } from '../durations.ts';
import type { ConnectionTarget } from '../routes/connection-routes.ts';
import type { Authorization } from '../security/authorization.ts';
import type { GatewayTopology } from '../../kube/schemas/istio-operator.ts';
import type { PathNormalization } from '../mesh-view.ts';
import { createAccessLogs } from './access-log.ts';
import type { ListenerContext } from './listener-context.ts';
import { findTcpSettings, type TcpSettings } from './tcp-settings.ts';
import { bareType, createHttpFilters, istioExtension, type ListenerClass } from './http-filters.ts';

type FilterInit = MessageInitShape<typeof FilterSchema>;
type ManagerInit = Exclude<MessageInitShape<typeof HttpConnectionManagerSchema>, HttpConnectionManager>;
type ClassDefaults = Pick<
  ManagerInit,
  | 'serverName'
  | 'httpProtocolOptions'
  | 'forwardClientCertDetails'
  | 'setCurrentClientCertDetails'
  | 'xffNumTrustedHops'
>;

export interface ConnectionManagerOptions {
  readonly listenerClass: ListenerClass;
  readonly context: ListenerContext;
  readonly statPrefix: string;
  /** A name to be asked for by RDS, or the table itself. */
  readonly routes: string | RouteConfiguration;
  readonly isHttp2?: boolean;
  /** What callers must pass; outbound nobody has to. */
  readonly authorization?: Authorization;
}

/** A connection manager with Istio's defaults for its kind of listener (xds.md 5, item 7). */
export function createConnectionManager(options: ConnectionManagerOptions): FilterInit {
  const { listenerClass, context, statPrefix, routes } = options;
  const { istioVersion, pathNormalization } = context.view.settings;
  const topology = context.proxy.gatewayTopology ?? context.view.settings.gatewayTopology;
  const manager: ManagerInit = {
    statPrefix,
    routeSpecifier: createRouteSpecifier(routes),
    httpFilters: createHttpFilters({ listenerClass, istioVersion, authorization: options.authorization?.http }),
    ...ofClass(listenerClass, topology),
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    useRemoteAddress: listenerClass === 'gateway',
    streamIdleTimeout: createDuration(0),
    ...normalizePaths(pathNormalization),
    accessLog: createAccessLogs(listenerClass, context),
    requestIdExtension: { typedConfig: packAny(UuidRequestIdConfigSchema, { useRequestIdForTraceSampling: true }) },
    ...(options.isHttp2 === true ? { http2ProtocolOptions: {} } : {}),
  };
  return networkFilter('envoy.filters.network.http_connection_manager', packAny(HttpConnectionManagerSchema, manager));
}

/** A chain's last filter when its bytes are passed on as they are. */
export function createTcpProxy(cluster: string, settings: TcpSettings = {}): FilterInit {
  const clusterSpecifier = { case: 'cluster', value: cluster } as const;
  const value = packAny(TcpProxySchema, { statPrefix: cluster, clusterSpecifier, ...settings });
  return networkFilter('envoy.filters.network.tcp_proxy', value);
}

/** The same for several clusters, by weight. */
export function createWeightedTcpProxy(
  targets: readonly ConnectionTarget[],
  statPrefix: string,
  context: ListenerContext,
): FilterInit {
  const [first, ...others] = targets;
  const settings = findTcpSettings(first?.cluster ?? '', context);
  if (first !== undefined && others.length === 0) return createTcpProxy(first.cluster, settings);
  const clusters = targets.map(({ cluster: name, weight }) => ({ name, weight }));
  const value = packAny(TcpProxySchema, {
    statPrefix,
    clusterSpecifier: { case: 'weightedClusters', value: { clusters } },
    ...settings,
  });
  return networkFilter('envoy.filters.network.tcp_proxy', value);
}

/** Stands before the last filter of a sidecar's inbound chains. */
export function createMetadataExchange(): FilterInit {
  return networkFilter('istio.metadata_exchange', bareType('envoy.tcp.metadataexchange.config.MetadataExchange'));
}

export function createTcpStats(): FilterInit {
  return networkFilter('istio.stats', istioExtension('stats.PluginConfig'));
}

function networkFilter(name: string, value: Any): FilterInit {
  return { name, configType: { case: 'typedConfig', value } };
}

function createRouteSpecifier(routes: string | RouteConfiguration): NonNullable<ManagerInit['routeSpecifier']> {
  if (typeof routes !== 'string') return { case: 'routeConfig', value: routes };
  return {
    case: 'rds',
    value: {
      routeConfigName: routes,
      configSource: {
        configSourceSpecifier: { case: 'ads', value: {} },
        initialFetchTimeout: createDuration(0),
        resourceApiVersion: ApiVersion.V3,
      },
    },
  };
}

/** istio `listener.go`, by the names of `mesh/v1alpha1/config.proto`. */
function normalizePaths(
  normalization: PathNormalization,
): Pick<ManagerInit, 'normalizePath' | 'mergeSlashes' | 'pathWithEscapedSlashesAction'> {
  const { UNESCAPE_AND_FORWARD } = HttpConnectionManager_PathWithEscapedSlashesAction;
  const decodes = normalization === 'DECODE_AND_MERGE_SLASHES';
  return {
    normalizePath: normalization !== 'NONE',
    mergeSlashes: decodes || normalization === 'MERGE_SLASHES',
    ...(decodes && { pathWithEscapedSlashesAction: UNESCAPE_AND_FORWARD }),
  };
}

function ofClass(listenerClass: ListenerClass, topology: GatewayTopology): ClassDefaults {
  const { numTrustedProxies = 0, forwardClientCertDetails = 'UNDEFINED' } = topology;
  switch (listenerClass) {
    case 'gateway':
      return {
        serverName: 'istio-envoy',
        httpProtocolOptions: {},
        forwardClientCertDetails:
          HttpConnectionManager_ForwardClientCertDetails[
            forwardClientCertDetails === 'UNDEFINED' ? 'SANITIZE_SET' : forwardClientCertDetails
          ],
        ...(numTrustedProxies > 0 && { xffNumTrustedHops: numTrustedProxies }),
        setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
      };
    case 'sidecar-inbound':
      return {
        serverName: 'istio-envoy',
        forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.APPEND_FORWARD,
        setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
      };
    case 'sidecar-outbound':
      return {};
  }
}
