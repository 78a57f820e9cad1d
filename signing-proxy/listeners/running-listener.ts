import type { Duplex } from 'node:stream';
import type { Connection } from '#core/connection.ts';
import { messageOf } from '#core/errors.ts';
import { formatAddress } from '#core/address.ts';
import type { ProxyContext } from '../context.ts';
import type { Watch } from '../resources/named-resources.ts';
import type { Dependency } from '../resources/warm-up.ts';
import type { SecretSources } from '../secrets/secret-sources.ts';
import { watchTlsMaterial } from '../secrets/tls-material.ts';
import type { ListenerPlan } from './compile-listener.ts';
import type { FilterChainPlan } from './filter-chain.ts';
import { inspectConnection, UNINSPECTED, type FirstBytes } from './inspect-connection.ts';
import type { RouteNeed } from './network-filters.ts';
import { createTlsTermination, type TlsTermination } from './tls-termination.ts';
import type { DownstreamInfo, DownstreamTls, DrainReason } from './types.ts';

export interface RunningListenerOptions {
  /** Of the plan. */
  readonly version: string;
  readonly context: ProxyContext;
  readonly secrets: SecretSources;
  readonly watchRoutes: (need: RouteNeed) => Watch<unknown>;
  readonly nextConnectionId: () => number;
  /** The listener that a redirected connection is meant for; undefined keeps it here. */
  readonly findHandOver: (connection: Connection) => RunningListener | undefined;
}

/** A listener with everything it watches. It serves the connections it is given, and owns them to their end. */
export interface RunningListener extends AsyncDisposable {
  readonly plan: ListenerPlan;
  readonly dependencies: readonly Dependency[];
  readonly accept: (connection: Connection) => void;
  /** Asks open connections to finish, where their protocol has a way to. Resolves when there is none. */
  drain(reason: DrainReason): Promise<void>;
}

/** Starts to watch what a listener needs. It serves as soon as it is given connections, warm or not. */
export function createRunningListener(plan: ListenerPlan, options: RunningListenerOptions): RunningListener {
  const { context } = options;
  const terminations = new Map<FilterChainPlan, TlsTermination>();
  for (const chain of plan.chains) {
    if (chain.tls === undefined) continue;
    const material = watchTlsMaterial(chain.tls.context, options.secrets);
    terminations.set(chain, createTlsTermination(material, chain.tls.isCertificateRequired));
  }
  const routes = plan.chains.flatMap((chain) => chain.routes.map(options.watchRoutes));
  const open = new Set<Connection>();
  const listener = { name: plan.name, version: options.version };

  async function serve(connection: Connection): Promise<void> {
    const id = options.nextConnectionId();
    const firstBytes = await inspect(connection);
    if (firstBytes === undefined) return void connection.destroy();
    const chain = findChain(plan, connection, firstBytes);
    if (chain === undefined) return turnAway(connection, id, describeFirstBytes(firstBytes));
    const secured = await secure(connection, chain, firstBytes.applicationProtocols);
    if ('refused' in secured) return reportFailure(connection, id, secured.refused);
    chain.terminal.accept(secured.stream, { ...describeConnection(connection, id), tls: secured.tls, listener });
  }

  async function inspect(connection: Connection): Promise<FirstBytes | undefined> {
    const port = connection.localPort;
    const outcome = await inspectConnection(connection, {
      looksForTls: plan.inspection.looksForTls(port),
      looksForHttp: plan.inspection.looksForHttp(port),
      clock: context.clock,
      timeoutMs: plan.inspectionTimeoutMs,
    });
    if (outcome === 'closed') return undefined;
    if (outcome === 'timeout') return plan.continuesAfterTimeout ? UNINSPECTED : undefined;
    return outcome;
  }

  async function secure(connection: Connection, chain: FilterChainPlan, offered: readonly string[]): Promise<Secured> {
    const termination = terminations.get(chain);
    if (termination === undefined) return { stream: connection, tls: undefined };
    const timer =
      chain.connectTimeoutMs === 0
        ? undefined
        : context.clock.setTimer(chain.connectTimeoutMs, () => connection.destroy());
    connection.once('close', () => timer?.cancel());
    const handshake = await termination.handshake(connection, offered);
    timer?.cancel();
    return handshake;
  }

  function turnAway(connection: Connection, id: number, asked: string): void {
    context.log.debug('conn_handler', `[C${id}] closing connection: no matching filter chain found`);
    context.timeline.emit({
      type: 'connection',
      source: context.source,
      phase: 'refused',
      to: addressOf(connection),
      reason: 'no matching filter chain found',
      asked,
    });
    connection.destroy();
  }

  function reportFailure(connection: Connection, id: number, reason: string): void {
    context.log.debug('connection', `[C${id}] ${reason}`);
    context.timeline.emit({
      type: 'connection',
      source: context.source,
      phase: 'failed',
      to: addressOf(connection),
      reason,
    });
  }

  return {
    plan,
    dependencies: [
      ...routes.map(({ name, arrived }) => ({ label: `RDS "${name}"`, arrived })),
      ...Array.from(terminations.values()).flatMap(({ material }) => material.dependencies),
    ],
    accept(connection) {
      const handOver = plan.handsOver ? options.findHandOver(connection) : undefined;
      if (handOver !== undefined) return handOver.accept(connection);
      open.add(connection);
      connection.once('close', () => open.delete(connection));
      // A caller may reset at any moment; whoever reads the connection then sees it close.
      connection.on('error', () => {});
      serve(connection).catch((error: unknown) => {
        context.log.error('conn_handler', messageOf(error));
        connection.destroy();
      });
    },
    async drain(reason) {
      for (const chain of plan.chains) chain.terminal.drain(reason);
      await Promise.all(Array.from(open, waitForClose));
    },
    async [Symbol.asyncDispose]() {
      for (const watch of [...routes, ...terminations.values()]) watch[Symbol.dispose]();
      await Promise.all(plan.chains.map((chain) => chain.terminal.close()));
      for (const connection of open) connection.destroy();
    },
  };
}

type Secured = { readonly stream: Duplex; readonly tls: DownstreamTls | undefined } | { readonly refused: string };

function findChain(plan: ListenerPlan, connection: Connection, firstBytes: FirstBytes): FilterChainPlan | undefined {
  const found = plan.findChain({
    ...firstBytes,
    destinationAddress: connection.localAddress,
    destinationPort: connection.localPort,
    sourceAddress: connection.remoteAddress,
    sourcePort: connection.remotePort,
  });
  return found ?? plan.defaultChain;
}

function describeFirstBytes({ transportProtocol, serverName }: FirstBytes): string {
  if (transportProtocol === 'raw_buffer') return 'plain text';
  return serverName === '' ? 'TLS for no name' : `TLS for "${serverName}"`;
}

function describeConnection(connection: Connection, connectionId: number): Omit<DownstreamInfo, 'tls' | 'listener'> {
  const { remoteAddress, remotePort, localAddress, localPort } = connection;
  return { connectionId, remoteAddress, remotePort, localAddress, localPort };
}

function waitForClose(connection: Connection): Promise<void> {
  return new Promise((resolve) => void connection.once('close', resolve));
}

function addressOf({ localAddress: host, localPort: port }: Connection): string {
  return formatAddress({ host, port });
}
