import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  EXTENSION_CONFIG_TYPE,
  LISTENER_TYPE,
  ROUTE_TYPE,
  SECRET_TYPE,
} from '#xds/resource-types.ts';
import type { KubeObject } from '../kube/kinds.ts';

const EVERYTHING = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE] as const;

/**
 * The types of resources that a change of an object can change (istio pilot/pkg/xds: cds.go, eds.go, lds.go, rds.go).
 * Coarse, as istiod is: a type that is pushed need not differ. None for kinds that no resource comes from.
 */
export function typesAffectedBy({ kind }: Pick<KubeObject, 'kind'>): readonly string[] {
  switch (kind) {
    case 'EnvoyFilter':
      return [...EVERYTHING, EXTENSION_CONFIG_TYPE];
    case 'DestinationRule':
    case 'IstioOperator':
    case 'Service':
    case 'ServiceEntry':
    case 'Sidecar':
      return EVERYTHING;
    case 'AuthorizationPolicy':
    case 'Telemetry':
      return [LISTENER_TYPE];
    case 'PeerAuthentication':
      return [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE];
    case 'Gateway':
      return [CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE];
    case 'VirtualService':
      return [CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE];
    case 'WorkloadEntry':
      return [CLUSTER_TYPE, ENDPOINT_TYPE];
    case 'Secret':
      return [SECRET_TYPE];
    case 'ConfigMap':
    case 'Deployment':
    case 'Namespace':
    case 'ServiceAccount':
      return [];
  }
}

/** A pod that comes or goes changes endpoints; with its identity or its own ports, everything that mentions them. */
export function typesAffectedByPod(changesIdentities: boolean): readonly string[] {
  return changesIdentities ? EVERYTHING : [ENDPOINT_TYPE];
}
