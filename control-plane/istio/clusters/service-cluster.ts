import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ApiVersion,
  ClusterSchema,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  HttpProtocolOptionsSchema,
  RawBufferSchema,
  type Cluster,
  type Cluster_TransportSocketMatchSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { createDuration } from '../durations.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import { findServiceIdentities, type MeshView } from '../mesh-view.ts';
import { outboundClusterName, outboundSni } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { createMeshTlsSocket } from '../tls-contexts.ts';
import { isAtLeast } from '../version.ts';
import { CONNECT_TIMEOUT_MS, HTTP_PROTOCOL_OPTIONS, unlimited } from './defaults.ts';

/** The cluster `outbound|port||host` of a Service port: its endpoints come by EDS, mTLS is used where they can. */
export function createServiceCluster(
  service: MeshService,
  port: MeshPort,
  { proxy, view }: { readonly proxy: Proxy; readonly view: MeshView },
): Cluster {
  const name = outboundClusterName(port.number, '', service.hostname);
  const protocolOptions = createProtocolOptions(port, proxy);
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: {
      serviceName: name,
      edsConfig: {
        configSourceSpecifier: { case: 'ads', value: {} },
        initialFetchTimeout: createDuration(0),
        resourceApiVersion: ApiVersion.V3,
      },
    },
    connectTimeout: createDuration(CONNECT_TIMEOUT_MS),
    // istio/istio release notes 1.14: least request replaced round robin as the default.
    lbPolicy: isAtLeast(view.settings.istioVersion, '1.14')
      ? Cluster_LbPolicy.LEAST_REQUEST
      : Cluster_LbPolicy.ROUND_ROBIN,
    circuitBreakers: unlimited(),
    commonLbConfig: {},
    metadata: { filterMetadata: { istio: { services: [nameService(service)] } } },
    transportSocketMatches: createSocketMatches(service, port, view),
    ...(protocolOptions && { typedExtensionProtocolOptions: { [HTTP_PROTOCOL_OPTIONS]: protocolOptions } }),
  });
}

function nameService({ name, namespace, hostname }: MeshService): { host: string; name: string; namespace: string } {
  return { host: hostname, name, namespace };
}

/** Endpoints that say `tlsMode: istio` are called with mTLS, all others in plain text. */
function createSocketMatches(
  service: MeshService,
  port: MeshPort,
  view: MeshView,
): MessageInitShape<typeof Cluster_TransportSocketMatchSchema>[] {
  const transportSocket = createMeshTlsSocket({
    sni: outboundSni(port.number, '', service.hostname),
    identities: findServiceIdentities(service, view),
    isHttp2: port.protocol === 'http2',
  });
  return [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket },
    {
      name: 'tlsMode-disabled',
      match: {},
      transportSocket: {
        name: 'envoy.transport_sockets.raw_buffer',
        configType: { case: 'typedConfig', value: packAny(RawBufferSchema) },
      },
    },
  ];
}

/** HTTP/2 where the port says so; a sidecar speaks to an unnamed port what it was spoken to. */
function createProtocolOptions({ protocol }: MeshPort, proxy: Proxy): ReturnType<typeof packAny> | undefined {
  if (protocol === 'http2') {
    return packAny(HttpProtocolOptionsSchema, {
      upstreamProtocolOptions: {
        case: 'explicitHttpConfig',
        value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } },
      },
    });
  }
  if (protocol !== 'auto' || proxy.type === 'router') return undefined;
  return packAny(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'useDownstreamProtocolConfig',
      value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
    },
  });
}
