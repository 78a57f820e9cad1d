import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { createDiscoveryServer, type DiscoveryServerEvent, type NamedResource } from '#xds/discovery-server.ts';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  SecretSchema,
} from '#xds/generated/messages.js';
import { createGrpcEndpoint } from '#xds/grpc-endpoint.ts';
import { fromProtoJson } from '#xds/proto-json.ts';
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  isWildcardType,
  LISTENER_TYPE,
  ROUTE_TYPE,
  SECRET_TYPE,
} from '#xds/resource-types.ts';

/** Resources as their protobuf JSON, by the short name of their type. */
export interface Configuration {
  readonly clusters?: readonly object[];
  readonly endpoints?: readonly object[];
  readonly listeners?: readonly object[];
  readonly routes?: readonly object[];
  readonly secrets?: readonly object[];
}

export interface AdsServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly events: readonly DiscoveryServerEvent[];
  /** Replaces the given types and pushes them. */
  configure(configuration: Configuration): void;
  /** Encodes what the returned function then pushes. */
  prepare(configuration: Configuration): () => void;
  /** Breaks every stream; clients may come back. */
  disconnectAll(): void;
}

const ISTIOD = { host: '10.43.0.10', port: 15010 };

/** A control plane that serves what it is told, over gRPC on the network. */
export async function startAdsServer(network: Network, random: Random): Promise<AdsServer> {
  const served = new Map<string, readonly NamedResource[]>();
  const events: DiscoveryServerEvent[] = [];
  let version = 1;
  const server = createDiscoveryServer({
    random,
    version: 'v1',
    generate({ typeUrl, names }) {
      const known = served.get(typeUrl) ?? [];
      if (isWildcardType(typeUrl)) return known;
      const wanted = known.filter(({ name }) => names.includes(name));
      return wanted.length === 0 ? undefined : wanted;
    },
    onEvent: (event) => void events.push(event),
  });
  const endpoint = createGrpcEndpoint(server.serve);
  const listener = await network.listen('east', ISTIOD, (connection) => endpoint.accept(connection));
  const prepare = (configuration: Configuration) => {
    const changed = encode(configuration);
    return () => {
      for (const [typeUrl, resources] of changed) served.set(typeUrl, resources);
      server.push({ version: `v${++version}`, reason: 'configured', only: new Set(changed.keys()) });
    };
  };
  return {
    address: ISTIOD,
    events,
    configure: (configuration) => prepare(configuration)(),
    prepare,
    disconnectAll: () => endpoint.disconnectAll(),
    async [Symbol.asyncDispose]() {
      endpoint[Symbol.dispose]();
      await listener.close();
    },
  };
}

function encode(configuration: Configuration): Map<string, readonly NamedResource[]> {
  const { clusters, endpoints, listeners, routes, secrets } = configuration;
  const encoded = new Map<string, readonly NamedResource[]>();
  if (clusters)
    encoded.set(
      CLUSTER_TYPE,
      clusters.map((json) => pack(ClusterSchema, json, ({ name }) => name)),
    );
  if (listeners)
    encoded.set(
      LISTENER_TYPE,
      listeners.map((json) => pack(ListenerSchema, json, ({ name }) => name)),
    );
  if (routes)
    encoded.set(
      ROUTE_TYPE,
      routes.map((json) => pack(RouteConfigurationSchema, json, ({ name }) => name)),
    );
  if (secrets)
    encoded.set(
      SECRET_TYPE,
      secrets.map((json) => pack(SecretSchema, json, ({ name }) => name)),
    );
  if (endpoints)
    encoded.set(
      ENDPOINT_TYPE,
      endpoints.map((json) => pack(ClusterLoadAssignmentSchema, json, ({ clusterName }) => clusterName)),
    );
  return encoded;
}

function pack<Schema extends DescMessage>(
  schema: Schema,
  json: object,
  nameOf: (message: MessageShape<Schema>) => string,
): NamedResource {
  const message = fromProtoJson(schema, json);
  return { name: nameOf(message), resource: anyPack(schema, message) };
}
