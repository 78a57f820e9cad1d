import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ClusterLoadAssignmentSchema,
  type ClusterLoadAssignment,
  type LbEndpointSchema,
} from '#xds/generated/messages.js';
import { matchesLabels } from '../kube/labels.ts';
import { groupByLocality, type LocalityGroup } from './clusters/locality-groups.ts';
import { findLocalityRules, resolvePortPolicy } from './clusters/traffic-policy.ts';
import { findDestinationRule } from './destination-rules.ts';
import type { MeshView } from './mesh-view.ts';
import { parseClusterName } from './names.ts';
import type { Proxy } from './proxy.ts';
import { findServiceEndpoints, type ServiceEndpoint } from './service-endpoints.ts';

/**
 * The endpoints of a cluster, for a subset only those with its labels. A cluster whose Service is gone has none, which is
 * sent, as istiod does, so that the cluster can finish warming.
 */
export function generateEndpoints(clusterName: string, proxy: Proxy, view: MeshView): ClusterLoadAssignment {
  const { host = '', port: number = 0, subset: subsetName = '' } = parseClusterName(clusterName) ?? {};
  const service = view.findService(host);
  const port = service?.ports.find((candidate) => candidate.number === number);
  if (service === undefined || port === undefined) return createLoadAssignment(clusterName, []);
  const rule = findDestinationRule(service, { proxy, view });
  const subset = rule?.subsets.find(({ name }) => name === subsetName);
  const all = findServiceEndpoints(service, port, view);
  const chosen = all.filter(({ labels }) => matchesLabels(subset?.labels ?? {}, labels));
  const endpoints = subsetName === '' || subset !== undefined ? chosen : [];
  const policy = resolvePortPolicy(number, rule?.trafficPolicy, subset?.trafficPolicy);
  return createLoadAssignment(clusterName, groupByLocality(endpoints, proxy, findLocalityRules(policy)));
}

/** Endpoints as Envoy takes them. */
export function createLoadAssignment(clusterName: string, groups: readonly LocalityGroup[]): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: groups.map(({ locality, endpoints, weight, priority }) => ({
      locality,
      lbEndpoints: endpoints.map(createEndpoint),
      loadBalancingWeight: weight,
      priority,
    })),
  });
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
