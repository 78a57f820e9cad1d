import type { ReceivedResources } from '#xds/discovery-client.ts';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  SecretSchema,
} from '#xds/generated/messages.js';
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  getShortName,
  LISTENER_TYPE,
  ROUTE_TYPE,
  SECRET_TYPE,
} from '#xds/resource-types.ts';
import type { ProxyContext } from '../context.ts';
import type { InternalClusters } from '../credentials/internal-clusters.ts';
import { compileListener } from '../listeners/compile-listener.ts';
import type { ListenerManager } from '../listeners/listener-manager.ts';
import type { PodPlace } from '../pod-place.ts';
import { compileRouteTable } from '../routing/compile-route-table.ts';
import type { CompiledRouteTable } from '../routing/types.ts';
import { compileSecret } from '../secrets/compile-secret.ts';
import type { CompiledSecret } from '../secrets/types.ts';
import type { ClusterManager } from '../upstreams/cluster-manager.ts';
import { compileCluster } from '../upstreams/compile-cluster.ts';
import { compileLoadAssignment, type Endpoint } from '../upstreams/endpoint.ts';
import type { Accepted } from './accepted.ts';
import { createCompleteList } from './complete-list.ts';
import type { Rejection } from './decode-resources.ts';
import { createNamedList } from './named-list.ts';
import type { NamedResources } from './named-resources.ts';

/** Where accepted resources go. */
export interface ResourceUsers {
  readonly clusters: ClusterManager;
  readonly internalClusters: InternalClusters;
  readonly listeners: ListenerManager;
  readonly endpoints: NamedResources<Accepted<readonly Endpoint[]>>;
  readonly routes: NamedResources<Accepted<CompiledRouteTable>>;
  readonly secrets: NamedResources<Accepted<CompiledSecret>>;
  readonly context: ProxyContext;
  readonly place: PodPlace;
}

/** What is done with a response of one type. */
export interface TypeHandler {
  /** How Envoy begins the text of a NACK. */
  readonly rejectionPrefix: string;
  readonly apply: (received: ReceivedResources) => readonly Rejection[];
}

/** The types this proxy understands, by type URL. */
export function createTypeHandlers(users: ResourceUsers): ReadonlyMap<string, TypeHandler> {
  const { clusters, internalClusters, listeners, context, place } = users;
  const clusterList = createCompleteList({
    schema: ClusterSchema,
    nameOf: ({ name }) => name,
    noun: 'cluster',
    removal: 'last',
    compile: (cluster) => compileCluster(cluster, context),
    apply: (accepted) => clusters.addOrUpdate(accepted),
    remove: (name) => clusters.remove(name),
  });
  const listenerList = createCompleteList({
    schema: ListenerSchema,
    nameOf: ({ name }) => name,
    noun: 'listener',
    removal: 'first',
    compile: (listener) => compileListener(listener, context, place),
    apply: (accepted) => listeners.addOrUpdate(accepted),
    remove: (name) => listeners.remove(name),
  });
  const applyClusters = (received: ReceivedResources) => {
    const rejections = clusterList.apply(received);
    internalClusters.onCompleteList();
    return rejections;
  };
  return new Map([
    [CLUSTER_TYPE, { rejectionPrefix: 'Error adding/updating cluster(s) ', apply: applyClusters }],
    [LISTENER_TYPE, { rejectionPrefix: 'Error adding/updating listener(s) ', apply: listenerList.apply }],
    ...createNamedHandlers(users),
  ]);
}

function createNamedHandlers({ endpoints, routes, secrets, context }: ResourceUsers): [string, TypeHandler][] {
  const onServing = (typeUrl: string) => (accepted: Accepted<unknown>) => {
    const { timeline, source } = context;
    timeline.emit({
      type: 'serving',
      source,
      resourceType: getShortName(typeUrl),
      resource: accepted.name,
      version: accepted.version,
    });
  };
  const endpointList = createNamedList({
    schema: ClusterLoadAssignmentSchema,
    nameOf: ({ clusterName }) => clusterName,
    compile: compileLoadAssignment,
    store: endpoints,
    onServing: onServing(ENDPOINT_TYPE),
  });
  const routeList = createNamedList({
    schema: RouteConfigurationSchema,
    nameOf: ({ name }) => name,
    compile: (table) => compileRouteTable(table, context),
    store: routes,
    onServing: onServing(ROUTE_TYPE),
  });
  const secretList = createNamedList({
    schema: SecretSchema,
    nameOf: ({ name }) => name,
    compile: compileSecret,
    store: secrets,
    onServing: onServing(SECRET_TYPE),
  });
  return [
    [ENDPOINT_TYPE, { rejectionPrefix: '', apply: endpointList.apply }],
    [ROUTE_TYPE, { rejectionPrefix: '', apply: routeList.apply }],
    [SECRET_TYPE, { rejectionPrefix: '', apply: secretList.apply }],
  ];
}
