import type { JsonObject } from '@bufbuild/protobuf';
import { getTypeName } from '#xds/any-registry.ts';
import {
  Cluster_DiscoveryType as DiscoveryType,
  type Cluster,
  type HttpProtocolOptions,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import type { UpstreamFilters } from '../filters/filter.ts';
import { compileUpstreamFilters } from '../filters/upstream-filter-chain.ts';
import { isIgnoredNetworkFilter } from '../listeners/ignored-network-filters.ts';
import { getFetchTimeoutMs } from '../resources/fetch-timeout.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { compileCircuitLimits, type CircuitLimits } from './circuit-breaker.ts';
import { compileLoadBalancing } from './compile-load-balancing.ts';
import type { BalancingPlan } from './load-balancer.ts';
import { compileLoadAssignment, type Endpoint } from './endpoint.ts';
import { compileHttpOptions, unpackHttpOptions, type HttpOptions } from './http-options.ts';
import { compileOutlierDetection, type OutlierPlan } from './outlier-plan.ts';
import { compileTransports, type TransportPlan } from './transport.ts';

/** A cluster checked whole: everything that can be refused has been. */
export interface ClusterPlan extends BalancingPlan {
  readonly name: string;
  readonly metadata: ReadonlyMap<string, JsonObject>;
  readonly discovery: DiscoveryPlan;
  /** Below this share of healthy endpoints (0 to 1) all of them are used. */
  readonly panicThreshold: number;
  readonly limits: CircuitLimits;
  readonly outliers: OutlierPlan | undefined;
  readonly connectTimeoutMs: number;
  readonly transports: readonly TransportPlan[];
  readonly http: HttpOptions;
  /** What every attempt passes; undefined where the cluster leaves it to the router. */
  readonly filters: UpstreamFilters | undefined;
}

type DiscoveryPlan =
  | { readonly kind: 'fixed'; readonly endpoints: readonly Endpoint[] }
  | {
      readonly kind: 'dns';
      readonly endpoints: readonly Endpoint[];
      readonly isLogical: boolean;
      readonly refreshMs: number;
    }
  | { readonly kind: 'eds'; readonly serviceName: string; readonly fetchTimeoutMs: number }
  | { readonly kind: 'original-destination'; readonly inboundPort: number | 'any' | undefined };

const DEFAULT_CONNECT_MS = 5000;
const DEFAULT_DNS_REFRESH_MS = 5000;
const DEFAULT_PANIC_PERCENT = 50;
const INBOUND_PASSTHROUGH = /^InboundPassthroughCluster/;
const INBOUND = /^inbound\|(\d+)\|/;

/**
 * Compiles a cluster. `context` is what its HTTP filters live in: the clusters that a proxy makes itself have none.
 *
 * @throws ConfigError that says what is refused
 */
export function compileCluster(config: Cluster, context?: ProxyContext): ClusterPlan {
  checkNetworkFilters(config);
  const options = unpackHttpOptions(config);
  return {
    name: config.name,
    metadata: new Map(Object.entries(config.metadata?.filterMetadata ?? {})),
    discovery: compileDiscovery(config),
    ...compileLoadBalancing(config),
    panicThreshold: (config.commonLbConfig?.healthyPanicThreshold?.value ?? DEFAULT_PANIC_PERCENT) / 100,
    limits: compileCircuitLimits(config),
    outliers: compileOutlierDetection(config.outlierDetection, context?.dialect.http),
    connectTimeoutMs: toMilliseconds(config.connectTimeout) ?? DEFAULT_CONNECT_MS,
    transports: compileTransports(config),
    http: compileHttpOptions(config, options),
    filters: context && compileFilters(config.name, options, context),
  };
}

function compileFilters(
  cluster: string,
  options: HttpProtocolOptions | undefined,
  context: ProxyContext,
): UpstreamFilters | undefined {
  const statPrefix = context.dialect.http.upstreamStats.inCluster(cluster);
  return compileUpstreamFilters(options?.httpFilters ?? [], 'cluster', { ...context, statPrefix });
}

/** Istio's cluster for mTLS exchanges metadata on each connection; nothing else may stand there. */
function checkNetworkFilters({ filters }: Cluster): void {
  for (const { name, typedConfig } of filters) {
    const type = typedConfig === undefined ? '' : getTypeName(typedConfig);
    if (!isIgnoredNetworkFilter(type))
      throw new ConfigError(`Didn't find a registered implementation for '${name}' with type URL: '${type}'`);
  }
}

function compileDiscovery(config: Cluster): DiscoveryPlan {
  const { clusterDiscoveryType: discovery } = config;
  if (discovery.case === 'clusterType')
    throw new ConfigError(
      `Didn't find a registered cluster factory implementation for name: '${discovery.value.name}'`,
    );
  const endpoints = config.loadAssignment === undefined ? [] : compileLoadAssignment(config.loadAssignment);
  switch (discovery.value ?? DiscoveryType.STATIC) {
    case DiscoveryType.STATIC:
      return { kind: 'fixed', endpoints };
    case DiscoveryType.STRICT_DNS:
      return { kind: 'dns', endpoints, isLogical: false, refreshMs: dnsRefreshMs(config) };
    case DiscoveryType.LOGICAL_DNS:
      checkLogicalEndpoints(endpoints);
      return { kind: 'dns', endpoints, isLogical: true, refreshMs: dnsRefreshMs(config) };
    case DiscoveryType.EDS:
      return compileEds(config);
    case DiscoveryType.ORIGINAL_DST:
      return { kind: 'original-destination', inboundPort: findInboundPort(config.name) };
  }
}

function compileEds({ name, edsClusterConfig }: Cluster): DiscoveryPlan {
  if (edsClusterConfig === undefined) throw new ConfigError('cannot create an EDS cluster without an EDS config');
  const { serviceName, edsConfig } = edsClusterConfig;
  return {
    kind: 'eds',
    serviceName: serviceName === '' ? name : serviceName,
    fetchTimeoutMs: getFetchTimeoutMs(edsConfig),
  };
}

function checkLogicalEndpoints(endpoints: readonly Endpoint[]): void {
  if (endpoints.length !== 1)
    throw new ConfigError('LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint');
}

function dnsRefreshMs({ dnsRefreshRate }: Cluster): number {
  return toMilliseconds(dnsRefreshRate) ?? DEFAULT_DNS_REFRESH_MS;
}

/** Istio names the clusters of a pod's own application after their port (xds.md 3.7). */
function findInboundPort(name: string): number | 'any' | undefined {
  if (INBOUND_PASSTHROUGH.test(name)) return 'any';
  const port = INBOUND.exec(name)?.[1];
  return port === undefined ? undefined : Number(port);
}
