import { setMaxListeners } from 'node:events';
import type { Clock } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import { findNearest } from '#core/nearest.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { Node } from '#xds/generated/messages.js';
import { startAdmin } from './admin/start-admin.ts';
import type { ContextBase } from './context.ts';
import { findDialect, listDialects } from './dialects/find-dialect.ts';
import type { Dialect } from './dialects/types.ts';
import { startDiscovery } from './discovery.ts';
import { NO_FILES, type ProxyFiles } from './files.ts';
import type { ListenerAddress } from './listeners/listener-manager.ts';
import { ProxyStats } from './stats.ts';
import { createProxyLog, type LogLine, type ProxyLog } from './log.ts';
import type { ConfigKind } from './resources/dump-resource.ts';
import { ResourceStore } from './resources/resource-store.ts';
import type { StaticResources } from './resources/static-resources.ts';
import type { LocalSecrets } from './secrets/local-secrets.ts';
import type { RunningCluster } from './upstreams/running-cluster.ts';

export interface ProxyOptions {
  /** The pod's name. */
  readonly name: string;
  /** Who the proxy is to the control plane (xds.md 3.1). */
  readonly node: Node;
  /** Which release it imitates: `envoy-1.19`. */
  readonly dialect: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** The zone of the cluster: listeners are reachable and endpoints are reached here. */
  readonly zone: string;
  /** The zone of the pod's own loopback, where its application listens on 127.0.0.1. */
  readonly podZone: string;
  /** The pod's address: listeners on a wildcard address bind here. */
  readonly address: string;
  /** An ADS server: where it speaks plain gRPC, or the cluster that leads to it. Undefined when everything is static. */
  readonly controlPlane: Address | { readonly cluster: string } | undefined;
  /** What is there without discovery. */
  readonly staticResources?: StaticResources;
  /** The types discovered, by type URL. Default: clusters and listeners. */
  readonly discoveredTypes?: readonly string[];
  /** Where the admin endpoint listens on the pod's loopback; none by default. */
  readonly admin?: Address;
  /** The process environment, fixed for the proxy's life. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runtime flags that differ from the release's own, by name (`layered_runtime` of a bootstrap, `runtimeValues` of Istio). */
  readonly runtimeFlags?: Readonly<Record<string, boolean>>;
  /** The files that the process sees; none by default. */
  readonly files?: ProxyFiles;
  /** What the Istio agent answers: the workload certificate and the root of the mesh. */
  readonly secrets: LocalSecrets;
  readonly timeline: Timeline;
  /** As in Istio's annotation: `debug`, `warning,misc:error`, `aws:trace`. Default `warning`. */
  readonly logLevel?: string;
  /** Takes each log line as it is written. */
  readonly onLog?: (line: string) => void;
  /** Takes each line of an access log as it is written. */
  readonly onAccessLog?: (line: string) => void;
  /** How long connections of a replaced listener may go on. Default 45 s, Istio's. */
  readonly drainMs?: number;
}

/** A running data plane. Disposing it ends every connection, request and timer it has. */
export interface Proxy extends AsyncDisposable {
  readonly name: string;
  /** Resolves when the first clusters and listeners are accepted and warm; rejects when disposed before that. */
  readonly ready: Promise<void>;
  /** The admin endpoint, if there is one. */
  readonly adminAddress: Address | undefined;
  readonly log: ProxyLog;
  /** The log lines so far, oldest first. */
  logs(): readonly LogLine[];
  /** What serves at the moment, as protobuf JSON in proto field names. Private keys are left out. */
  configOf(kind: ConfigKind): Promise<readonly unknown[]>;
  /** Every endpoint of every cluster as it is used at the moment, names looked up. */
  endpoints(): Promise<readonly UsedEndpoint[]>;
  /** Where the listeners accept connections. */
  addresses(): Promise<readonly ListenerAddress[]>;
  /** Accepts no more connections; resolves when those that are open have ended, at the latest after the drain time. */
  drain(): Promise<void>;
}

export interface UsedEndpoint {
  readonly cluster: string;
  readonly address: string;
  readonly port: number;
  /** What the control plane says of it. */
  readonly isHealthy: boolean;
  /** Whether its failures have taken it out. */
  readonly isEjected: boolean;
}

const DEFAULT_DRAIN_MS = 45_000;

/**
 * Starts a data plane, configured by an ADS server, by static resources, or both. Resolves at once; see `ready`.
 *
 * @throws MeshrigError `INVALID_CONFIG` when the dialect is unknown, `PORT_IN_USE` when the admin endpoint has no place
 * @throws StaticResourceError when a static resource cannot be used
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const dialect = getDialect(options.dialect);
  const stopped = new AbortController();
  // Every source of credentials listens, and there may be one for each region and role.
  setMaxListeners(0, stopped.signal);
  const base = createContextBase(options, dialect);
  const { node, network, zone, podZone, address, controlPlane } = options;
  const store = new ResourceStore({
    base,
    process: {
      environment: { ...options.environment },
      runtimeFlags: options.runtimeFlags ?? {},
      signal: stopped.signal,
    },
    network,
    secrets: options.secrets,
    place: { zone, podZone, address },
    drainMs: options.drainMs ?? DEFAULT_DRAIN_MS,
    subscribe: (typeUrl, names) => client?.subscribe(typeUrl, names),
  });
  const client = controlPlane && startDiscovery({ base, store, node, network, zone, address, controlPlane });
  const stop = async () => {
    stopped.abort();
    await client?.[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  const startServing = async () => {
    store.start(options.staticResources, client === undefined ? [] : options.discoveredTypes);
    const { clock, log, stats } = base;
    const state = { store, clock, log, stats, dialect, node };
    return options.admin && (await startAdmin(state, { network, zone: podZone, address: options.admin }));
  };
  const adminServer = await startServing().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    name: options.name,
    ready: store.ready,
    log: base.log,
    logs: () => base.log.entries(),
    adminAddress: adminServer?.address,
    configOf: async (kind) => store.configOf(kind),
    endpoints: async () => store.runningClusters().flatMap(listEndpoints),
    addresses: () => store.addresses(),
    drain: () => store.drain(),
    async [Symbol.asyncDispose]() {
      await adminServer?.[Symbol.asyncDispose]();
      await stop();
    },
  };
}

function listEndpoints(cluster: RunningCluster): UsedEndpoint[] {
  return cluster.hostStates().map(({ endpoint: { address, isHealthy }, isEjected }) => ({
    cluster: cluster.name,
    address: address.host,
    port: address.port,
    isHealthy,
    isEjected,
  }));
}

function createContextBase(options: ProxyOptions, dialect: Dialect): ContextBase {
  const { name, clock, random, timeline, node, address } = options;
  const source = `proxy "${name}"`;
  const log = createProxyLog({
    clock,
    timeline,
    source,
    levels: options.logLevel ?? 'warning',
    onLine: options.onLog,
    onAccessLine: options.onAccessLog,
  });
  const localInfo = { nodeId: node.id, nodeCluster: node.cluster, address, metadata: node.metadata ?? {} };
  const stats = new ProxyStats();
  const files = options.files ?? NO_FILES;
  return { proxyName: name, source, localInfo, clock, random, timeline, log, stats, dialect, files };
}

function getDialect(name: string): Dialect {
  const dialect = findDialect(name);
  if (dialect !== undefined) return dialect;
  const known = listDialects();
  const nearest = findNearest(name, known);
  throw new MeshrigError(
    'INVALID_CONFIG',
    `Failed to find dialect "${name}": known dialects are ${known.join(', ')}`,
    nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` },
  );
}
