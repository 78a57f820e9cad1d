import { create, type JsonObject } from '@bufbuild/protobuf';
import {
  ApiVersion,
  ClusterSchema,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  type Cluster,
} from '#xds/generated/messages.js';
import { matchesLabels } from '../../kube/labels.ts';
import { findDestinationRule, type EffectiveRule, type Subset } from '../destination-rules.ts';
import { createDuration } from '../durations.ts';
import { createLoadAssignment } from '../endpoints.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import { outboundClusterName, outboundSni } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { findServiceEndpoints, type ServiceEndpoint } from '../service-endpoints.ts';
import { translateConnectionPool, type ClusterInit } from './connection-pool.ts';
import { HTTP_PROTOCOL_OPTIONS } from './defaults.ts';
import { translateLoadBalancer } from './load-balancing.ts';
import { groupByLocality } from './locality-groups.ts';
import { translateOutlierDetection } from './outlier-detection.ts';
import { createProtocolOptions, isHttp2 } from './protocol-options.ts';
import { planClusterTls } from './cluster-tls.ts';
import { findLocalityRules, resolvePortPolicy, usesLocalityWeights, type PortPolicy } from './traffic-policy.ts';

export interface ServiceClusterContext {
  readonly proxy: Proxy;
  readonly view: MeshView;
}

const DNS_REFRESH_MS = 60_000;

/** The clusters of a service's port: `outbound|port||host`, then one for each subset that a DestinationRule names. */
export function createServiceClusters(service: MeshService, port: MeshPort, context: ServiceClusterContext): Cluster[] {
  return createClusters(service, port, context);
}

/** The same clusters for TLS that is passed on as it came: named by the SNI that callers ask for. */
export function createSniClusters(service: MeshService, port: MeshPort, context: ServiceClusterContext): Cluster[] {
  return createClusters(service, port, { ...context, isBySni: true });
}

interface ClusterContext extends ServiceClusterContext {
  readonly isBySni?: boolean;
}

function createClusters(service: MeshService, port: MeshPort, context: ClusterContext): Cluster[] {
  const rule = findDestinationRule(service, context);
  const endpoints = isLookedUp(service) ? findServiceEndpoints(service, port, context.view) : [];
  const main = createServiceCluster({ service, port, rule, endpoints, ...context });
  const subsets = (rule?.subsets ?? []).flatMap((subset) => {
    const ofSubset = endpoints.filter(({ labels }) => matchesLabels(subset.labels ?? {}, labels));
    // istiod leaves out a cluster whose names are listed in it and that would have none.
    if (isLookedUp(service) && ofSubset.length === 0) return [];
    return [createServiceCluster({ service, port, rule, subset, endpoints: ofSubset, ...context })];
  });
  return [main, ...subsets];
}

interface ServiceClusterParts extends ClusterContext {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly rule: EffectiveRule | undefined;
  readonly subset?: Subset;
  /** Of a service that is looked up in DNS. */
  readonly endpoints: readonly ServiceEndpoint[];
}

function createServiceCluster(parts: ServiceClusterParts): Cluster {
  const { service, port, rule, subset, proxy, isBySni = false } = parts;
  const name = (isBySni ? outboundSni : outboundClusterName)(port.number, subset?.name ?? '', service.hostname);
  const policy = resolvePortPolicy(port.number, rule?.trafficPolicy, subset?.trafficPolicy);
  const tls = planClusterTls({
    ...parts,
    subset: subset?.name ?? '',
    settings: isBySni ? { mode: 'DISABLE' } : policy.tls,
    isHttp2: isHttp2(port, policy.connectionPool),
  });
  const protocolOptions = createProtocolOptions({ port, proxy, pool: policy.connectionPool, autoSni: tls.autoSni });
  return create(ClusterSchema, {
    name,
    ...translateConnectionPool(policy, parts.view.settings.connectTimeoutMs),
    ...createDiscovery(name, parts, policy),
    ...translateOutlierDetection(policy.outlierDetection),
    commonLbConfig: createCommonLb(policy),
    metadata: { filterMetadata: { istio: describeCluster(parts) } },
    ...(tls.socket && { transportSocket: tls.socket }),
    transportSocketMatches: tls.matches,
    ...(protocolOptions && { typedExtensionProtocolOptions: { [HTTP_PROTOCOL_OPTIONS]: protocolOptions } }),
  });
}

function isLookedUp({ resolution }: MeshService): boolean {
  return resolution === 'dns' || resolution === 'dns-round-robin';
}

/** How the proxy finds endpoints (istio `cluster_builder.go`): gateways cannot go where the caller was going. */
function createDiscovery(
  name: string,
  { service, proxy, view, endpoints }: ServiceClusterParts,
  policy: PortPolicy,
): ClusterInit {
  const { EDS, LOGICAL_DNS, ORIGINAL_DST, STRICT_DNS } = Cluster_DiscoveryType;
  const balancing = translateLoadBalancer(policy.loadBalancer, view.settings.istioVersion);
  const goesAnywhere = service.resolution === 'none' && proxy.type === 'sidecar';
  if (goesAnywhere || balancing.lbPolicy === Cluster_LbPolicy.CLUSTER_PROVIDED) {
    return {
      clusterDiscoveryType: { case: 'type', value: ORIGINAL_DST },
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    };
  }
  if (isLookedUp(service)) {
    return {
      clusterDiscoveryType: { case: 'type', value: service.resolution === 'dns' ? STRICT_DNS : LOGICAL_DNS },
      dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
      dnsRefreshRate: createDuration(DNS_REFRESH_MS),
      respectDnsTtl: true,
      ...balancing,
      loadAssignment: createLoadAssignment(name, groupByLocality(endpoints, proxy, findLocalityRules(policy))),
    };
  }
  return {
    clusterDiscoveryType: { case: 'type', value: EDS },
    edsClusterConfig: {
      serviceName: name,
      edsConfig: {
        configSourceSpecifier: { case: 'ads', value: {} },
        initialFetchTimeout: createDuration(0),
        resourceApiVersion: ApiVersion.V3,
      },
    },
    ...balancing,
  };
}

/** Without a minimum of healthy endpoints there is no panic: when all are ejected requests fail. */
function createCommonLb(policy: PortPolicy): NonNullable<ClusterInit['commonLbConfig']> {
  const { outlierDetection } = policy;
  return {
    ...(outlierDetection && { healthyPanicThreshold: { value: outlierDetection.minHealthPercent ?? 0 } }),
    ...(usesLocalityWeights(policy) && {
      localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } as const,
    }),
  };
}

/** What tools such as `istioctl` read about a cluster: its service, and the DestinationRule that shaped it. */
function describeCluster({ service, rule, subset }: ServiceClusterParts): JsonObject {
  const { name, namespace, hostname } = service;
  return {
    ...(rule && {
      config: `/apis/networking.istio.io/v1alpha3/namespaces/${rule.namespace}/destination-rule/${rule.name}`,
    }),
    ...(subset && { subset: subset.name }),
    services: [{ host: hostname, name, namespace }],
  };
}
