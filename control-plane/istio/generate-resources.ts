import { anyPack } from '@bufbuild/protobuf/wkt';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  SecretSchema,
  TypedExtensionConfigSchema,
} from '#xds/generated/messages.js';
import type { NamedResource } from '#xds/discovery-server.ts';
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  EXTENSION_CONFIG_TYPE,
  LISTENER_TYPE,
  ROUTE_TYPE,
  SECRET_TYPE,
} from '#xds/resource-types.ts';
import { generateClusters } from './clusters/generate-clusters.ts';
import { generateEndpoints } from './endpoints.ts';
import { selectPatches, type PatchReader } from './envoy-filter/select-patches.ts';
import { generateExtensionConfigs } from './extension-configs.ts';
import { generateListeners } from './listeners/generate-listeners.ts';
import type { MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';
import { scopeToProxy } from './proxy-scope.ts';
import { generateRoutes } from './routes/generate-routes.ts';
import { generateSecret } from './secrets.ts';

export interface ResourceQuery {
  readonly proxy: Proxy;
  readonly view: MeshView;
  readonly patchReader: PatchReader;
  readonly typeUrl: string;
  /** Ignored for clusters and listeners, of which a proxy always gets all. */
  readonly names: readonly string[];
  /** Hears why a secret is not sent. */
  readonly onMissingSecret: (reason: string) => void;
}

/** The resources of one type that a proxy is to have; undefined for types that this control plane does not serve. */
export function generateResources(query: ResourceQuery): NamedResource[] | undefined {
  const { proxy, patchReader, typeUrl, names } = query;
  const view = scopeToProxy(query.view, proxy);
  switch (typeUrl) {
    case CLUSTER_TYPE:
      return generateClusters(proxy, view, selectPatches(proxy, view, patchReader)).map((cluster) => ({
        name: cluster.name,
        resource: anyPack(ClusterSchema, cluster),
      }));
    case ENDPOINT_TYPE:
      return names.map((name) => ({
        name,
        resource: anyPack(ClusterLoadAssignmentSchema, generateEndpoints(name, proxy, view)),
      }));
    case LISTENER_TYPE:
      return generateListeners(proxy, view, selectPatches(proxy, view, patchReader)).map((listener) => ({
        name: listener.name,
        resource: anyPack(ListenerSchema, listener),
      }));
    case ROUTE_TYPE:
      return generateRoutes(names, { proxy, view, patches: selectPatches(proxy, view, patchReader) }).map((table) => ({
        name: table.name,
        resource: anyPack(RouteConfigurationSchema, table),
      }));
    case SECRET_TYPE:
      return names.flatMap((name) => {
        const answer = generateSecret(name, proxy, view);
        if (answer?.reason !== undefined) query.onMissingSecret(answer.reason);
        return answer?.secret === undefined ? [] : [{ name, resource: anyPack(SecretSchema, answer.secret) }];
      });
    case EXTENSION_CONFIG_TYPE:
      return generateExtensionConfigs(names, selectPatches(proxy, view, patchReader)).map((config) => ({
        name: config.name,
        resource: anyPack(TypedExtensionConfigSchema, config),
      }));
    default:
      return undefined;
  }
}
