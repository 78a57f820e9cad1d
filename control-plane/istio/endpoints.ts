import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ClusterLoadAssignmentSchema,
  type ClusterLoadAssignment,
  type LbEndpointSchema,
} from '#xds/generated/messages.js';
import type { Pod } from '../kube/pod-registry.ts';
import { resolveTargetPort, selectsPod } from './mesh-service.ts';
import type { MeshView } from './mesh-view.ts';
import { parseClusterName } from './names.ts';

/**
 * The endpoints of a cluster: the ready pods behind its Service. A cluster whose Service is gone has none, which is
 * sent, as istiod does, so that the cluster can finish warming.
 */
export function generateEndpoints(clusterName: string, view: MeshView): ClusterLoadAssignment {
  const lbEndpoints = findEndpoints(clusterName, view);
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: lbEndpoints.length === 0 ? [] : [{ locality: {}, lbEndpoints, loadBalancingWeight: lbEndpoints.length }],
  });
}

function findEndpoints(clusterName: string, view: MeshView): MessageInitShape<typeof LbEndpointSchema>[] {
  const { host = '', port: number } = parseClusterName(clusterName) ?? {};
  const service = view.findService(host);
  const port = service?.ports.find((candidate) => candidate.number === number);
  if (service === undefined || port === undefined) return [];
  return view.pods
    .filter((pod) => pod.isReady && selectsPod(service, pod))
    .flatMap((pod) => {
      const targetPort = resolveTargetPort(port, pod.ports);
      return targetPort === undefined ? [] : [createEndpoint(pod, targetPort)];
    });
}

function createEndpoint(pod: Pod, port: number): MessageInitShape<typeof LbEndpointSchema> {
  return {
    hostIdentifier: {
      case: 'endpoint',
      value: {
        address: {
          address: {
            case: 'socketAddress',
            value: { address: pod.ip, portSpecifier: { case: 'portValue', value: port } },
          },
        },
      },
    },
    loadBalancingWeight: 1,
    ...(pod.hasSidecar && {
      metadata: { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } },
    }),
  };
}
