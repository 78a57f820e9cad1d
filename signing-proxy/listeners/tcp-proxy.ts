import type { Duplex } from 'node:stream';
import type { Timer } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { formatAddress } from '#core/address.ts';
import type { TcpProxy } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { hashXx64 } from '../upstreams/balancing/xx-hash.ts';
import { joinStreams } from './join-streams.ts';
import type { DownstreamInfo, NetworkFilter } from './types.ts';

const DEFAULT_IDLE_MS = 60 * 60 * 1000;

/** How a connection's cluster is chosen. */
type ChooseCluster = (info: DownstreamInfo) => string;

export interface TcpProxyOptions {
  /** The `sni_cluster` filter stands in the chain: the SNI names the cluster. */
  readonly usesSniAsCluster: boolean;
}

/**
 * Creates the `tcp_proxy` network filter: one upstream connection for each downstream connection.
 *
 * @throws ConfigError when it has no cluster
 */
export function createTcpProxy(config: TcpProxy, context: ProxyContext, options: TcpProxyOptions): NetworkFilter {
  const chooseByConfig = compileClusterChoice(config, context);
  const chooseCluster: ChooseCluster = (info) =>
    (options.usesSniAsCluster ? info.tls?.sni : undefined) ?? chooseByConfig(info);
  const hashConnection = compileConnectionHash(config);
  const idleMs = toMilliseconds(config.idleTimeout) ?? DEFAULT_IDLE_MS;
  const maxLifeMs = toMilliseconds(config.maxDownstreamConnectionDuration) ?? 0;
  const open = new Set<AbortController>();

  async function forward(stream: Duplex, info: DownstreamInfo, signal: AbortSignal): Promise<void> {
    const name = chooseCluster(info);
    const cluster = context.clusters.find(name);
    if (cluster === undefined) throw new Error(`unknown cluster ${name}`);
    const originalDestination = { host: info.localAddress, port: info.localPort };
    const upstream = await cluster.connect({ signal, originalDestination, hash: hashConnection(info) });
    if (stream.destroyed) upstream.stream.destroy();
    context.log.debug(
      'filter',
      `[C${info.connectionId}] Creating connection to cluster ${name}, host ${formatAddress(upstream.endpoint)}`,
    );
    joinStreams(stream, upstream.stream);
    closeWhenIdle(context, idleMs, [stream, upstream.stream]);
    limitLife(context, maxLifeMs, stream);
  }

  return {
    routeNames: [],
    accept(stream, info) {
      const controller = new AbortController();
      open.add(controller);
      const abort = () => controller.abort(new Error('the downstream connection closed'));
      controller.signal.addEventListener('abort', () => stream.destroy(), { once: true });
      stream.on('error', abort);
      stream.once('close', () => {
        open.delete(controller);
        abort();
      });
      forward(stream, info, controller.signal).catch((error: unknown) => {
        context.log.debug('filter', `[C${info.connectionId}] ${messageOf(error)}`);
        stream.destroy();
      });
    },
    // TCP has no way to ask a peer to finish; the connections live until the drain time is over.
    drain() {},
    async close() {
      for (const controller of open) controller.abort(new Error('the listener closed'));
    },
  };
}

function compileClusterChoice({ clusterSpecifier }: TcpProxy, context: ProxyContext): ChooseCluster {
  if (clusterSpecifier.case === 'cluster') return () => clusterSpecifier.value;
  if (clusterSpecifier.case === undefined) throw new ConfigError('tcp_proxy: no cluster is given');
  const { clusters } = clusterSpecifier.value;
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) throw new ConfigError('tcp_proxy: the weights of weighted_clusters sum up to 0');
  const random = context.random.fork('tcp-proxy');
  return () => {
    let drawn = random.integer(0, total - 1);
    return (clusters.find(({ weight }) => (drawn -= weight) < 0) ?? clusters[0])?.name ?? '';
  };
}

/** By the caller's address, for clusters that balance by hash. */
function compileConnectionHash({ hashPolicy }: TcpProxy): (info: DownstreamInfo) => bigint | undefined {
  const [policy] = hashPolicy;
  if (policy === undefined) return () => undefined;
  if (policy.policySpecifier.case !== 'sourceIp' || hashPolicy.length > 1)
    throw new ConfigError('tcp_proxy: a hash_policy other than source_ip is not supported');
  return ({ remoteAddress }) => hashXx64(remoteAddress);
}

/** Ends both connections after a while without a byte either way. */
function closeWhenIdle({ clock }: ProxyContext, idleMs: number, streams: readonly [Duplex, Duplex]): void {
  if (idleMs === 0) return;
  let lastByteAt = clock.now();
  let timer: Timer | undefined;
  const check = () => {
    const restMs = lastByteAt + idleMs - clock.now();
    if (restMs > 0) timer = clock.setTimer(restMs, check);
    else for (const stream of streams) stream.destroy();
  };
  for (const stream of streams) {
    stream.on('data', () => void (lastByteAt = clock.now()));
    stream.once('close', () => timer?.cancel());
  }
  check();
}

/** Ends a connection after a time, whatever happens on it; 0 never does. */
function limitLife({ clock }: ProxyContext, maxLifeMs: number, stream: Duplex): void {
  if (maxLifeMs === 0 || stream.destroyed) return;
  const timer = clock.setTimer(maxLifeMs, () => stream.destroy());
  stream.once('close', () => timer.cancel());
}
