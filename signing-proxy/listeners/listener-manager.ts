import type { Connection } from '#core/connection.ts';
import { messageOf } from '#core/errors.ts';
import type { Network } from '#core/network.ts';
import { formatAddress, type Address } from '#core/address.ts';
import type { Timer } from '#core/clock.ts';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import type { Accepted } from '../resources/accepted.ts';
import { warmUp, type WarmUp } from '../resources/warm-up.ts';
import { formatBinding, isWildcard } from './bindings.ts';
import type { ListenerPlan } from './compile-listener.ts';
import { createRunningListener, type RunningListener, type RunningListenerOptions } from './running-listener.ts';
import { SocketTable } from './socket-table.ts';

export interface ListenerManagerOptions extends Pick<RunningListenerOptions, 'context' | 'secrets' | 'watchRoutes'> {
  readonly network: Network;
  /** How long connections of a replaced or removed listener may go on. */
  readonly drainMs: number;
  /** Called when the set of warming listeners may have become smaller. */
  readonly onWarmed: () => void;
}

/** A listener and where it accepts connections. */
export interface ListenerAddress {
  readonly name: string;
  readonly address: Address;
}

interface Version {
  readonly listener: RunningListener;
  readonly accepted: Accepted<ListenerPlan>;
}

interface Warming extends Version {
  readonly warmUp: WarmUp;
}

/**
 * The listeners of a proxy: those that serve, those that warm up to take a serving one's place, and those that drain.
 *
 * A listener is replaced only when its successor has its route tables and secrets (make before break).
 */
export class ListenerManager implements AsyncDisposable {
  readonly #options: ListenerManagerOptions;
  readonly #context: ProxyContext;
  readonly #sockets: SocketTable;
  readonly #serving = new Map<string, Version>();
  readonly #warming = new Map<string, Warming>();
  readonly #draining = new Map<RunningListener, Timer>();
  #connections = 0;
  /** Listeners that are warm and about to be bound. */
  #binding = 0;

  constructor(options: ListenerManagerOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#sockets = new SocketTable(options.network);
  }

  get isWarming(): boolean {
    return this.#warming.size > 0 || this.#binding > 0;
  }

  /** What serves, in the order it began to. */
  serving(): Accepted<ListenerPlan>[] {
    return Array.from(this.#serving.values(), ({ accepted }) => accepted);
  }

  /**
   * Takes an accepted listener; it serves once it is warm.
   *
   * @throws ConfigError when another listener has its address
   */
  addOrUpdate(accepted: Accepted<ListenerPlan>): void {
    const { name, value: plan, version } = accepted;
    this.#checkAddresses(plan);
    this.#abandon(name);
    const listener = createRunningListener(plan, {
      ...this.#options,
      version,
      nextConnectionId: () => this.#connections++,
      findHandOver: (connection) => this.#findHandOver(connection, name),
    });
    let isWarm = false;
    const warmingUp = warmUp(listener.dependencies, () => {
      isWarm = true;
      this.#warming.delete(name);
      void this.#serve({ listener, accepted });
    });
    if (isWarm) return;
    this.#warming.set(name, { listener, accepted, warmUp: warmingUp });
    const { timeline, source } = this.#context;
    timeline.emit({
      type: 'warming',
      source,
      resourceType: 'LDS',
      resource: name,
      version,
      waitsFor: warmingUp.waitsFor(),
    });
  }

  /** Stops accepting at once; open connections drain. */
  remove(name: string): void {
    this.#abandon(name);
    const current = this.#serving.get(name);
    if (current === undefined) return;
    this.#serving.delete(name);
    this.#sockets.release(current.listener.plan.bindings);
    this.#drain(current.listener);
  }

  /** Where listeners accept connections, in the order they began to. */
  async addresses(): Promise<ListenerAddress[]> {
    const found = Array.from(this.#serving.values(), async ({ listener: { plan } }) =>
      (await this.#sockets.addresses(plan.bindings)).map((address) => ({ name: plan.name, address })),
    );
    return (await Promise.all(found)).flat();
  }

  /** Accepts no more connections; resolves when those that are open have ended, at the latest after the drain time. */
  async drain(): Promise<void> {
    const { clock } = this.#context;
    const listeners = Array.from(this.#serving.values(), ({ listener }) => listener);
    for (const { plan } of listeners) this.#sockets.release(plan.bindings);
    const stop = new AbortController();
    const ended = Promise.all(listeners.map((listener) => listener.drain('stopping')));
    const timedOut = clock.sleep(this.#options.drainMs, stop.signal).catch(() => {});
    await Promise.race([ended, timedOut]);
    stop.abort(new Error('drained'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Array.from(this.#warming.keys())) this.#abandon(name);
    await this.#sockets[Symbol.asyncDispose]();
    for (const timer of this.#draining.values()) timer.cancel();
    const listeners = [...Array.from(this.#serving.values(), ({ listener }) => listener), ...this.#draining.keys()];
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }

  async #serve(next: Version): Promise<void> {
    const { name, version, value: plan } = next.accepted;
    const { timeline, source, log } = this.#context;
    const previous = this.#serving.get(name);
    this.#serving.set(name, next);
    this.#binding++;
    try {
      await this.#sockets.assign(plan.bindings, next.listener.accept, previous?.accepted.value.bindings);
      timeline.emit({ type: 'serving', source, resourceType: 'LDS', resource: name, version });
    } catch (error) {
      log.error('config', `listener '${name}' failed to bind or apply socket options: ${messageOf(error)}`);
    }
    this.#binding--;
    if (previous !== undefined) this.#drain(previous.listener);
    this.#options.onWarmed();
  }

  #checkAddresses(plan: ListenerPlan): void {
    const own = new Set(plan.bindings.map(formatBinding));
    for (const { accepted } of [...this.#serving.values(), ...this.#warming.values()]) {
      if (accepted.name === plan.name) continue;
      const shared = accepted.value.bindings.map(formatBinding).find((binding) => own.has(binding));
      if (shared === undefined) continue;
      throw new ConfigError(
        `error adding listener: '${plan.name}' has duplicate address '${formatAddress(plan.address)}' as existing listener '${accepted.name}'`,
      );
    }
  }

  #abandon(name: string): void {
    const warming = this.#warming.get(name);
    if (warming === undefined) return;
    this.#warming.delete(name);
    warming.warmUp[Symbol.dispose]();
    void warming.listener[Symbol.asyncDispose]();
  }

  #drain(listener: RunningListener): void {
    void listener.drain('replaced');
    const timer = this.#context.clock.setTimer(this.#options.drainMs, () => {
      this.#draining.delete(listener);
      void listener[Symbol.asyncDispose]();
    });
    this.#draining.set(listener, timer);
  }

  /** Envoy's choice: the listener of that very address, else the one of that port on every address. */
  #findHandOver({ localAddress, localPort }: Connection, from: string): RunningListener | undefined {
    let wildcard: RunningListener | undefined;
    for (const { listener } of this.#serving.values()) {
      const { name, address } = listener.plan;
      if (name === from || address.port !== localPort) continue;
      if (address.host === localAddress) return listener;
      if (isWildcard(address.host)) wildcard ??= listener;
    }
    return wildcard;
  }
}
