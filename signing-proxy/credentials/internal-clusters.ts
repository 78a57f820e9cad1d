import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { formatAddress, type Address } from '#core/address.ts';
import {
  Cluster_DiscoveryType,
  ClusterSchema,
  UpstreamTlsContextSchema,
  type Cluster,
} from '#xds/generated/messages.js';
import type { CredentialRules } from '../dialects/types.ts';
import type { ProxyStats } from '../stats.ts';
import type { ClusterManager } from '../upstreams/cluster-manager.ts';
import { compileCluster } from '../upstreams/compile-cluster.ts';

export interface InternalCluster {
  /** `sts_token_service_internal-eu-west-1` */
  readonly name: string;
  /** A name is looked up (LOGICAL_DNS), an IP address is used as it is. Port 443 is spoken to over TLS. */
  readonly address: Address;
  readonly isNamed: boolean;
}

export interface InternalClustersOptions {
  readonly clusters: Pick<ClusterManager, 'addOrUpdate' | 'remove' | 'whenServing'>;
  readonly stats: ProxyStats;
  readonly rule: CredentialRules['internalClusters'];
}

/**
 * The clusters that the proxy makes itself at run time, for fetching credentials (gateways.md 3.6). To the cluster manager
 * they look as if CDS had brought them, so that a complete list from CDS takes them away (B27) until a release prevents it.
 */
export class InternalClusters {
  readonly #options: InternalClustersOptions;
  readonly #added = new Map<string, InternalCluster>();

  constructor(options: InternalClustersOptions) {
    this.#options = options;
  }

  /** Adds a cluster once; calls back when it serves. */
  add(cluster: InternalCluster, onServing: () => void): void {
    this.#options.clusters.whenServing(cluster.name, onServing);
    if (this.#added.has(cluster.name)) return;
    this.#added.set(cluster.name, cluster);
    this.#start(cluster);
  }

  /** CDS has sent its complete list, which names none of these. */
  onCompleteList(): void {
    const { rule, clusters } = this.#options;
    if (rule === 'kept') return;
    for (const cluster of this.#added.values()) {
      clusters.remove(cluster.name);
      if (rule === 'removed-by-cds') continue;
      this.#count(cluster.name, 'clusters_removed_by_cds');
      this.#start(cluster);
      this.#count(cluster.name, 'clusters_readded_after_cds');
    }
  }

  #start(internal: InternalCluster): void {
    const cluster = describeCluster(internal);
    this.#options.clusters.addOrUpdate({
      name: cluster.name,
      value: compileCluster(cluster),
      version: '',
      raw: toBinary(ClusterSchema, cluster),
    });
  }

  #count(cluster: string, counter: string): void {
    this.#options.stats.find(`aws.metadata_credentials_provider.${cluster}.${counter}`).value++;
  }
}

/** As Envoy makes it: no name is sent in the TLS handshake, and nobody looks at the certificate. */
function describeCluster({ name, address, isNamed }: InternalCluster): Cluster {
  const socketAddress = {
    address: address.host,
    portSpecifier: { case: 'portValue', value: address.port },
  } as const;
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: {
      case: 'type',
      value: isNamed ? Cluster_DiscoveryType.LOGICAL_DNS : Cluster_DiscoveryType.STATIC,
    },
    connectTimeout: { seconds: 5n },
    loadAssignment: {
      clusterName: name,
      endpoints: [
        {
          lbEndpoints: [
            {
              hostIdentifier: {
                case: 'endpoint',
                value: { address: { address: { case: 'socketAddress', value: socketAddress } } },
              },
            },
          ],
        },
      ],
    },
    ...(address.port === 443 && {
      transportSocket: {
        name: 'envoy.transport_sockets.tls',
        configType: { case: 'typedConfig', value: anyPack(UpstreamTlsContextSchema, create(UpstreamTlsContextSchema)) },
      },
    }),
  });
}

/** How the log names where a cluster leads. */
export function formatClusterUri({ address }: InternalCluster): string {
  return formatAddress(address);
}
