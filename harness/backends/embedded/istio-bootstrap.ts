import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { packAny } from '#xds/any-registry.ts';
import {
  ClusterSchema,
  Cluster_DiscoveryType,
  HttpConnectionManagerSchema,
  ListenerSchema,
  RouterSchema,
  type AddressSchema,
  type Cluster,
  type Listener,
} from '#xds/generated/messages.js';
import type { StaticResources } from '#signing-proxy/resources/static-resources.ts';

/** Where a proxy's admin endpoint listens on its pod's loopback. */
export const ADMIN = { host: '127.0.0.1', port: 15000 };
/** Where Istio's agent listens beside the proxy. */
export const AGENT = { host: '127.0.0.1', port: 15020 };

/**
 * What Istio's bootstrap configures in every proxy (istio `tools/packaging/common/envoy_bootstrap.json`): metrics on port 15090 and
 * readiness on 15021, where kubelets and load balancers ask for it.
 */
export function createIstioBootstrap(): StaticResources {
  return {
    secrets: [],
    clusters: [createCluster('prometheus_stats', ADMIN), createCluster('agent', AGENT)],
    listeners: [
      createListener({ name: 'stats', port: 15090, prefix: '/stats/prometheus', cluster: 'prometheus_stats' }),
      createListener({ name: 'agent', port: 15021, prefix: '/healthz/ready', cluster: 'agent' }),
    ],
  };
}

function createCluster(name: string, { host, port }: typeof ADMIN): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    connectTimeout: { nanos: 250_000_000 },
    loadAssignment: {
      clusterName: name,
      endpoints: [
        { lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: createAddress(host, port) } } }] },
      ],
    },
  });
}

interface StatusListener {
  readonly name: string;
  readonly port: number;
  readonly prefix: string;
  readonly cluster: string;
}

function createListener({ name, port, prefix, cluster }: StatusListener): Listener {
  const manager = packAny(HttpConnectionManagerSchema, {
    statPrefix: name,
    routeSpecifier: {
      case: 'routeConfig',
      value: {
        virtualHosts: [
          {
            name: 'backend',
            domains: ['*'],
            routes: [
              {
                match: { pathSpecifier: { case: 'prefix', value: prefix } },
                action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster } } },
              },
            ],
          },
        ],
      },
    },
    httpFilters: [
      { name: 'envoy.filters.http.router', configType: { case: 'typedConfig', value: packAny(RouterSchema) } },
    ],
  });
  const filter = 'envoy.filters.network.http_connection_manager';
  return create(ListenerSchema, {
    name,
    address: createAddress('0.0.0.0', port),
    filterChains: [{ filters: [{ name: filter, configType: { case: 'typedConfig', value: manager } }] }],
  });
}

function createAddress(address: string, port: number): MessageInitShape<typeof AddressSchema> {
  return { address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } } };
}
