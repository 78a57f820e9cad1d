import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ClusterLoadAssignmentSchema,
  type ClusterLoadAssignment,
  type LbEndpointSchema,
} from '#xds/generated/messages.js';
import { matchesLabels } from '../kube/labels.ts';
import { findSubset } from './destination-rules.ts';
import type { MeshView } from './mesh-view.ts';
import { parseClusterName } from './names.ts';
import type { Proxy } from './proxy.ts';
import { findServiceEndpoints, type ServiceEndpoint } from './service-endpoints.ts';

/**
 * The endpoints of a cluster, for a subset only those with its labels. A cluster whose Service is gone has none, which is
 * sent, as istiod does, so that the cluster can finish warming.
 */
export function generateEndpoints(clusterName: string, proxy: Proxy, view: MeshView): ClusterLoadAssignment {
  return createLoadAssignment(clusterName, findEndpoints(clusterName, proxy, view));
}

/** Endpoints as Envoy takes them, all in one locality. */
export function createLoadAssignment(
  clusterName: string,
  endpoints: readonly ServiceEndpoint[],
): ClusterLoadAssignment {
  const lbEndpoints = endpoints.map(createEndpoint);
  const loadBalancingWeight = endpoints.reduce((sum, { weight }) => sum + weight, 0);
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: lbEndpoints.length === 0 ? [] : [{ locality: {}, lbEndpoints, loadBalancingWeight }],
  });
}

function findEndpoints(clusterName: string, proxy: Proxy, view: MeshView): ServiceEndpoint[] {
  const { host = '', port: number, subset = '' } = parseClusterName(clusterName) ?? {};
  const service = view.findService(host);
  const port = service?.ports.find((candidate) => candidate.number === number);
  if (service === undefined || port === undefined) return [];
  const endpoints = findServiceEndpoints(service, port, view);
  if (subset === '') return endpoints;
  const wanted = findSubset(service, subset, { proxy, view });
  return wanted === undefined ? [] : endpoints.filter(({ labels }) => matchesLabels(wanted.labels ?? {}, labels));
}

function createEndpoint({
  address,
  port,
  weight,
  speaksMeshTls,
}: ServiceEndpoint): MessageInitShape<typeof LbEndpointSchema> {
  return {
    hostIdentifier: {
      case: 'endpoint',
      value: {
        address: {
          address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } },
        },
      },
    },
    loadBalancingWeight: weight,
    ...(speaksMeshTls && {
      metadata: { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } },
    }),
  };
}
