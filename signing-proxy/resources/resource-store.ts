import { fromBinary, toBinary, type JsonValue } from '@bufbuild/protobuf';
import { messageOf, MeshrigError } from '#core/errors.ts';
import type { Network } from '#core/network.ts';
import type { Acceptance, ReceivedResources } from '#xds/discovery-client.ts';
import { ListenerSchema, RouteConfigurationSchema } from '#xds/generated/messages.js';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '#xds/resource-types.ts';
import type { ContextBase, ProxyContext } from '../context.ts';
import type { CredentialEnvironment } from '../credentials/credential-environment.ts';
import { createCredentialSources } from '../credentials/credential-sources.ts';
import { InternalClusters } from '../credentials/internal-clusters.ts';
import { ListenerManager, type ListenerAddress } from '../listeners/listener-manager.ts';
import type { PodPlace } from '../pod-place.ts';
import type { CompiledRouteTable } from '../routing/types.ts';
import type { LocalSecrets } from '../secrets/local-secrets.ts';
import { createSecretSources } from '../secrets/secret-sources.ts';
import type { CompiledSecret } from '../secrets/types.ts';
import { ClusterManager } from '../upstreams/cluster-manager.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import type { RunningCluster } from '../upstreams/running-cluster.ts';
import type { UpstreamCluster } from '../upstreams/types.ts';
import type { Accepted } from './accepted.ts';
import { formatRejections } from './decode-resources.ts';
import { dumpResource, type ConfigKind } from './dump-resource.ts';
import { findInlineRouteTables } from './inline-route-tables.ts';
import { Latch } from './latch.ts';
import { NamedResources } from './named-resources.ts';
import { addStaticResources, type StaticResources } from './static-resources.ts';
import { createTypeHandlers, type ResourceUsers, type TypeHandler } from './type-handlers.ts';

export interface ResourceStoreOptions {
  readonly base: ContextBase;
  /** The process environment and flags, for credentials. */
  readonly process: Pick<CredentialEnvironment, 'environment' | 'runtimeFlags' | 'signal'>;
  readonly network: Network;
  readonly secrets: LocalSecrets;
  readonly place: PodPlace;
  readonly drainMs: number;
  /** Asks the control plane for resources; no names means all of a wildcard type. */
  readonly subscribe: (typeUrl: string, names: readonly string[]) => void;
}

export interface DumpedResource {
  readonly name: string;
  readonly version: string;
  readonly json: JsonValue;
}

/** Everything the control plane has sent that was accepted, put to work. */
export class ResourceStore implements AsyncDisposable {
  /** Resolves when the first clusters and listeners are warm; rejects when disposed before that. */
  readonly ready: Promise<void>;
  readonly #subscribe: ResourceStoreOptions['subscribe'];
  readonly #users: ResourceUsers;
  readonly #handlers: ReadonlyMap<string, TypeHandler>;
  /** The types that have to come before the proxy is ready. */
  readonly #awaited = new Set<string>();
  readonly #isReady = new Latch();
  #isDraining = false;
  #refuseReady: (reason: Error) => void = () => {};

  constructor(options: ResourceStoreOptions) {
    this.#subscribe = options.subscribe;
    this.#users = createUsers(options, () => this.#checkReady());
    this.#handlers = createTypeHandlers(this.#users);
    this.ready = new Promise((resolve, reject) => {
      this.#isReady.whenOpen(resolve);
      this.#refuseReady = reject;
    });
    // Nobody has to wait for it.
    this.ready.catch(() => {});
  }

  /**
   * Takes the static resources, then subscribes to clusters and listeners, or to those of the two that are discovered; what
   * these need follows.
   *
   * @throws StaticResourceError
   */
  start(resources: StaticResources | undefined, discovered: readonly string[] = [CLUSTER_TYPE, LISTENER_TYPE]): void {
    for (const typeUrl of discovered) this.#awaited.add(typeUrl);
    if (resources !== undefined) addStaticResources(resources, this.#users);
    for (const typeUrl of discovered) this.#subscribe(typeUrl, []);
    this.#checkReady();
  }

  /** The proxy's own way to a cluster, for discovery. */
  findCluster(name: string): UpstreamCluster | undefined {
    return this.#users.clusters.find(name);
  }

  runningClusters(): readonly RunningCluster[] {
    return this.#users.clusters.running();
  }

  /** Where the listeners accept connections. */
  addresses(): Promise<readonly ListenerAddress[]> {
    return this.#users.listeners.addresses();
  }

  /** Accepts no more connections; resolves when those that are open have ended, at the latest after the drain time. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#users.listeners.drain();
  }

  /** What `/ready` tells. */
  get state(): 'initializing' | 'live' | 'draining' {
    if (this.#isDraining) return 'draining';
    return this.#isReady.isOpen ? 'live' : 'initializing';
  }

  accept(received: ReceivedResources): Acceptance {
    const handler = this.#handlers.get(received.typeUrl);
    if (handler === undefined) return 'accepted';
    const rejected = applyResponse(handler, received);
    this.#awaited.delete(received.typeUrl);
    this.#checkReady();
    return rejected === undefined ? 'accepted' : { rejected };
  }

  /** What serves at the moment, as protobuf JSON. */
  configOf(kind: ConfigKind): readonly unknown[] {
    return this.dump(kind).map(({ json }) => json);
  }

  /** The same with names and versions; an empty version stands for a static resource. */
  dump(kind: ConfigKind): DumpedResource[] {
    const { listeners, clusters, routes, endpoints, secrets } = this.#users;
    const serving = {
      listener: () => listeners.serving(),
      cluster: () => clusters.serving(),
      route: () => [...routes.values(), ...listeners.serving().flatMap(({ raw }) => dumpInlineTables(raw))],
      endpoint: () => endpoints.values(),
      secret: () => secrets.values(),
    };
    return serving[kind]().map(({ name, version, raw }) => ({ name, version, json: dumpResource(kind, raw) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#refuseReady(
      new MeshrigError(
        'INTERRUPTED',
        'Failed to become ready: the proxy was stopped before its first configuration was served',
      ),
    );
    await this.#users.listeners[Symbol.asyncDispose]();
    await this.#users.clusters[Symbol.asyncDispose]();
  }

  #checkReady(): void {
    const { clusters, listeners } = this.#users;
    if (this.#awaited.size === 0 && !clusters.isWarming && !listeners.isWarming) this.#isReady.open();
  }
}

function createUsers(options: ResourceStoreOptions, onWarmed: () => void): ResourceUsers {
  const { base, network, place, drainMs, subscribe } = options;
  const { clock, random, timeline, source } = base;
  const createNamed = <T>(typeUrl: string) =>
    new NamedResources<Accepted<T>>({ clock, onNamesChanged: (names) => subscribe(typeUrl, names) });
  const endpoints = createNamed<readonly Endpoint[]>(ENDPOINT_TYPE);
  const routes = createNamed<CompiledRouteTable>(ROUTE_TYPE);
  const discovered = createNamed<CompiledSecret>(SECRET_TYPE);
  const secrets = createSecretSources({ local: options.secrets, discovered, files: base.files, log: base.log });
  const environment = {
    network,
    clock,
    random,
    timeline,
    source,
    place,
    endpoints,
    secrets,
    stats: base.stats,
    words: base.dialect.failures,
  };
  const clusters = new ClusterManager({ environment, onWarmed });
  const tables: ProxyContext['routes'] = {
    find: (name) => routes.find(name)?.value,
    findVersion: (name) => routes.find(name)?.version,
  };
  const { stats, dialect } = base;
  const internalClusters = new InternalClusters({ clusters, stats, rule: dialect.credentials.internalClusters });
  const credentials = createCredentialSources({
    ...base,
    ...options.process,
    network,
    zone: place.zone,
    clusters,
    internalClusters,
  });
  const context: ProxyContext = { ...base, credentials, clusters, routes: tables };
  const listeners = new ListenerManager({
    context,
    network,
    secrets,
    drainMs,
    onWarmed,
    watchRoutes: ({ name, fetchTimeoutMs }) => routes.watch(name, { initialFetchTimeoutMs: fetchTimeoutMs }),
  });
  return { clusters, internalClusters, listeners, endpoints, routes, secrets: discovered, context, place };
}

function dumpInlineTables(listener: Uint8Array): { name: string; version: string; raw: Uint8Array }[] {
  return findInlineRouteTables(fromBinary(ListenerSchema, listener)).map((table) => ({
    name: table.name,
    version: '',
    raw: toBinary(RouteConfigurationSchema, table),
  }));
}

function applyResponse(handler: TypeHandler, received: ReceivedResources): string | undefined {
  try {
    return formatRejections(handler.rejectionPrefix, handler.apply(received));
  } catch (error) {
    return messageOf(error);
  }
}
