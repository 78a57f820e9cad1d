import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ClusterSchema,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  HttpProtocolOptionsSchema,
  type BindConfigSchema,
  type Cluster,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { createDuration } from '../durations.ts';
import { createLoadAssignment } from '../endpoints.ts';
import type { InboundTarget } from '../inbound-targets.ts';
import { parseLocality } from '../locality.ts';
import { BLACK_HOLE_CLUSTER, INBOUND_PASSTHROUGH_CLUSTER, inboundClusterName, PASSTHROUGH_CLUSTER } from '../names.ts';
import type { ClusterInit } from './connection-pool.ts';
import { CONNECT_TIMEOUT_MS, HTTP_PROTOCOL_OPTIONS, unlimited } from './defaults.ts';

const PASSTHROUGH_IDLE_MS = 300_000;

/** Takes requests that must go nowhere: a cluster without endpoints. */
export function createBlackHoleCluster(): Cluster {
  return create(ClusterSchema, {
    name: BLACK_HOLE_CLUSTER,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    connectTimeout: createDuration(CONNECT_TIMEOUT_MS),
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
  });
}

/** Sends to wherever the connection was going before it was redirected to the sidecar. */
export function createPassthroughCluster(): Cluster {
  return createOriginalDestinationCluster(PASSTHROUGH_CLUSTER);
}

/** The same for what arrives on ports that no Service has. */
export function createInboundPassthroughCluster(): Cluster {
  return createOriginalDestinationCluster(INBOUND_PASSTHROUGH_CLUSTER, magicSource());
}

function createOriginalDestinationCluster(
  name: string,
  upstreamBindConfig?: MessageInitShape<typeof BindConfigSchema>,
): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    connectTimeout: createDuration(CONNECT_TIMEOUT_MS),
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    circuitBreakers: unlimited(),
    ...(upstreamBindConfig && { upstreamBindConfig }),
    typedExtensionProtocolOptions: {
      [HTTP_PROTOCOL_OPTIONS]: packAny(HttpProtocolOptionsSchema, {
        commonHttpProtocolOptions: { idleTimeout: createDuration(PASSTHROUGH_IDLE_MS) },
        upstreamProtocolOptions: {
          case: 'useDownstreamProtocolConfig',
          value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
        },
      }),
    },
  });
}

const GOES_ON: ClusterInit = {
  clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
};

function createFixedEndpoint(name: string, { address, port }: NonNullable<InboundTarget['endpoint']>): ClusterInit {
  const locality = parseLocality();
  const endpoint = { address, port, labels: {}, speaksMeshTls: false, weight: 1, locality };
  return {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    loadAssignment: createLoadAssignment(name, [{ locality, endpoints: [endpoint], weight: 1, priority: 0 }]),
  };
}

/** The cluster `inbound|port||` of a port on the proxy's own pod. */
export function createInboundCluster({ service, port, targetPort, endpoint }: InboundTarget): Cluster {
  return create(ClusterSchema, {
    name: inboundClusterName(targetPort),
    ...(endpoint === undefined ? GOES_ON : createFixedEndpoint(inboundClusterName(targetPort), endpoint)),
    connectTimeout: createDuration(CONNECT_TIMEOUT_MS),
    circuitBreakers: unlimited(),
    commonLbConfig: {},
    upstreamBindConfig: magicSource(),
    metadata: {
      filterMetadata: {
        istio: { services: [{ host: service.hostname, name: service.name, namespace: service.namespace }] },
      },
    },
    ...(port.protocol === 'http2' && {
      typedExtensionProtocolOptions: {
        [HTTP_PROTOCOL_OPTIONS]: packAny(HttpProtocolOptionsSchema, {
          upstreamProtocolOptions: {
            case: 'explicitHttpConfig',
            value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } },
          },
        }),
      },
    }),
  });
}

/** The source address that a pod's redirection rules let pass, so that the proxy's own calls don't come back to it. */
function magicSource(): MessageInitShape<typeof BindConfigSchema> {
  return { sourceAddress: { address: '127.0.0.6', portSpecifier: { case: 'portValue', value: 0 } } };
}
