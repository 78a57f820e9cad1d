import { isLoopback } from '../listeners/ip-prefix.ts';
import type { Dependency } from '../resources/warm-up.ts';
import { CallerGoneError } from '../http/caller-gone-error.ts';
import { chooseVersion } from './alpn.ts';
import { CircuitBreaker, type CircuitLimits } from './circuit-breaker.ts';
import { createClusterStats } from './cluster-stats.ts';
import { createClusterConnector, findRequestedSni, type ConnectionKind } from './cluster-connector.ts';
import type { ClusterEnvironment } from './cluster-environment.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import type { Endpoint } from './endpoint.ts';
import { createEndpointSource } from './endpoint-source.ts';
import type { Host } from './host.ts';
import { HostSet, type HostState } from './host-set.ts';
import type { SessionPool, SessionPoolOptions } from './session-pool.ts';
import type { UpstreamAttempt, UpstreamCluster, UpstreamTarget } from './types.ts';
import { UpstreamError } from './upstream-error.ts';

/** A cluster with everything it watches and every connection it has open. */
export interface RunningCluster extends UpstreamCluster, AsyncDisposable {
  readonly dependencies: readonly Dependency[];
  endpoints(): readonly Endpoint[];
  readonly limits: CircuitLimits;
  /** The endpoints with what is known about each. */
  hostStates(): readonly HostState[];
  hasConnections(): boolean;
  /** Finishes requests under way and starts none on new connections. Watches nothing any more. */
  drain(): void;
}

export function createRunningCluster(plan: ClusterPlan, environment: ClusterEnvironment): RunningCluster {
  const hosts = new HostSet(plan, {
    clock: environment.clock,
    random: environment.random.fork(`cluster ${plan.name}`),
  });
  const breaker = new CircuitBreaker(plan.limits);
  const stats = createClusterStats(environment.stats, plan.name);
  const source = createEndpointSource(plan, environment, () => hosts.update(source.current()));
  const connector = createClusterConnector(plan, environment);
  const tunnels = new Set<Disposable>();
  hosts.update(source.current());

  function chooseHost(target: UpstreamTarget): Host {
    const { discovery } = plan;
    const original =
      discovery.kind === 'original-destination' ? findOriginal(discovery.inboundPort, target) : undefined;
    const host = original === undefined ? hosts.choose(target) : hosts.find(original);
    if (host === undefined) throw new UpstreamError({ reason: 'no healthy upstream', flag: 'UH', retryKind: 'none' });
    return host;
  }

  /** By the request as it leaves the router: what the cluster's filters do to its host comes later. */
  function choosePool(host: Host, attempt: UpstreamAttempt): SessionPool {
    const kind = {
      version: chooseVersion(plan.http.protocol, attempt.downstreamHttpVersion),
      sni: findRequestedSni(plan, attempt.headers),
    };
    return host.getPool(`${kind.version} ${kind.sni ?? ''}`, () => createPoolOptions(host, kind));
  }

  function createPoolOptions(host: Host, kind: ConnectionKind): SessionPoolOptions {
    const { idleTimeoutMs, maxRequestsPerConnection, maxConnectionMs } = plan.http;
    return {
      clock: environment.clock,
      breaker,
      idleTimeoutMs,
      maxRequestsPerConnection,
      maxConnectionMs,
      open: (owner, signal) => connector.openHttp(host.endpoint, kind, owner, signal),
    };
  }

  function noteFailure(host: Host, error: unknown): void {
    const countsAs = findFailureStatus(error);
    if (countsAs !== undefined) hosts.note(host, { kind: 'failure', countsAs });
  }

  return {
    name: plan.name,
    metadata: plan.metadata,
    filters: plan.filters,
    dependencies: [...source.dependencies, ...connector.dependencies],
    endpoints: () => source.current(),
    limits: plan.limits,
    hostStates: () => hosts.states(),
    hasConnections: () => hosts.hasConnections() || tunnels.size > 0,

    async send(attempt) {
      if (attempt.signal.aborted) throw attempt.signal.reason;
      const host = chooseHost(attempt);
      attempt.onHostChosen?.(host.endpoint.hostname);
      const pool = choosePool(host, attempt);
      const preparing = attempt.prepare?.({ hostname: host.endpoint.hostname, isConnected: pool.hasAvailable });
      if (preparing !== undefined) await preparing;
      breaker.enter('requests');
      stats.total.value++;
      host.activeRequests++;
      const leave = () => {
        breaker.leave('requests');
        host.activeRequests--;
      };
      try {
        const response = await pool.send(attempt);
        if (Buffer.isBuffer(response.body)) leave();
        else response.body.once('close', leave);
        const status = Number(response.headers.get(':status'));
        stats.countStatus(status);
        hosts.note(host, CONNECTED);
        hosts.note(host, { kind: 'answer', status });
        return response;
      } catch (error) {
        leave();
        stats.countFailure(error);
        noteFailure(host, error);
        throw error;
      }
    },

    tryRetry() {
      if (!breaker.hasRoom('retries')) {
        stats.retryOverflow.value++;
        return undefined;
      }
      stats.retries.value++;
      breaker.take('retries');
      return { [Symbol.dispose]: () => breaker.leave('retries') };
    },

    async connect(target) {
      if (target.signal.aborted) throw target.signal.reason;
      const host = chooseHost(target);
      const { stream } = await connector.openTcp(host.endpoint, target.signal).catch((error: unknown) => {
        noteFailure(host, error);
        throw error;
      });
      hosts.note(host, CONNECTED);
      const tunnel = { [Symbol.dispose]: () => void stream.destroy() };
      tunnels.add(tunnel);
      stream.once('close', () => tunnels.delete(tunnel));
      return { stream, endpoint: host.endpoint.address };
    },

    drain() {
      source[Symbol.dispose]();
      connector[Symbol.dispose]();
      hosts.drain();
    },

    async [Symbol.asyncDispose]() {
      source[Symbol.dispose]();
      connector[Symbol.dispose]();
      hosts.destroy();
      for (const tunnel of tunnels) tunnel[Symbol.dispose]();
    },
  };
}

const CONNECTED = { kind: 'connected' } as const;

/** What a failure counts as where answers are counted; undefined where the endpoint is not to blame. */
function findFailureStatus(error: unknown): 503 | 504 | undefined {
  if (error instanceof UpstreamError) return error.flag === 'UO' || error.flag === 'UH' ? undefined : 503;
  return error instanceof CallerGoneError ? undefined : 504;
}

/** Where a redirected connection goes on to: the pod's own application, or the place the caller wanted (xds.md 3.7). */
function findOriginal(
  inboundPort: number | 'any' | undefined,
  { originalDestination }: UpstreamTarget,
): Endpoint | undefined {
  const wanted = originalDestination?.port;
  const fixed = inboundPort === 'any' ? undefined : inboundPort;
  const port = wanted ?? fixed;
  if (port === undefined) return undefined;
  const host = inboundPort === undefined ? originalDestination?.host : '127.0.0.1';
  // Nobody is redirected on the way to the loopback: who came to it meant this proxy, which must not call itself.
  const isOwn = inboundPort === undefined && host !== undefined && isLoopback(host);
  return host === undefined || isOwn
    ? undefined
    : {
        address: { host, port },
        hostname: '',
        locality: { name: '', weight: 0 },
        weight: 1,
        priority: 0,
        isHealthy: true,
        transportMatch: {},
      };
}
