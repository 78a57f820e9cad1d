import type { Connection } from '#core/connection.ts';
import type { Listener, Network } from '#core/network.ts';
import { formatBinding, type Binding } from './bindings.ts';

type Accept = (connection: Connection) => void;

interface Socket {
  accept: Accept;
  readonly listener: Promise<Listener>;
}

/**
 * The sockets this proxy has open. A listener that replaces another takes its sockets over without closing them, so no
 * caller is ever refused between the two.
 */
export class SocketTable implements AsyncDisposable {
  readonly #network: Network;
  readonly #sockets = new Map<string, Socket>();
  readonly #closing = new Set<Promise<void>>();

  constructor(network: Network) {
    this.#network = network;
  }

  /**
   * Gives the connections of these places to `accept` from now on, and stops listening at those of `earlier` that are not
   * among them.
   *
   * @throws MeshrigError `PORT_IN_USE`
   */
  async assign(bindings: readonly Binding[], accept: Accept, earlier: readonly Binding[] = []): Promise<void> {
    const keys = new Set(bindings.map(formatBinding));
    await Promise.all(bindings.map((binding) => this.#open(binding, accept)));
    for (const binding of earlier) if (!keys.has(formatBinding(binding))) this.#close(formatBinding(binding));
  }

  /** Stops listening there. Open connections stay. */
  release(bindings: readonly Binding[]): void {
    for (const binding of bindings) this.#close(formatBinding(binding));
  }

  /** Resolves when the sockets released so far are closed. */
  async settle(): Promise<void> {
    await Promise.all(this.#closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of Array.from(this.#sockets.keys())) this.#close(key);
    await this.settle();
  }

  async #open({ zone, address }: Binding, accept: Accept): Promise<void> {
    const key = formatBinding({ zone, address });
    const existing = this.#sockets.get(key);
    if (existing !== undefined) {
      existing.accept = accept;
      await existing.listener;
      return;
    }
    const socket: Socket = {
      accept,
      listener: this.#network.listen(zone, address, (connection) => socket.accept(connection)),
    };
    this.#sockets.set(key, socket);
    try {
      await socket.listener;
    } catch (error) {
      this.#sockets.delete(key);
      throw error;
    }
  }

  #close(key: string): void {
    const socket = this.#sockets.get(key);
    if (socket === undefined) return;
    this.#sockets.delete(key);
    const closed = socket.listener.then((listener) => listener.close()).catch(() => {});
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }
}
