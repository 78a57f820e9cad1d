import type { Connection } from '#core/connection.ts';
import type { Listener, Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import { formatBinding, type Binding } from './bindings.ts';

type Accept = (connection: Connection) => void;

interface Socket {
  accept: Accept;
  isWanted: boolean;
  readonly listener: Promise<Listener>;
}

/**
 * The sockets this proxy has open. A listener that replaces another, under the same name or another, takes its sockets
 * over without closing them, so that no caller is ever refused between the two.
 */
export class SocketTable implements AsyncDisposable {
  readonly #network: Network;
  readonly #sockets = new Map<string, Socket>();
  readonly #closing = new Map<string, Promise<void>>();

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
    this.release(earlier);
    await Promise.all(bindings.map((binding) => this.#open(binding, accept)));
  }

  /** Stops listening there, unless the place is assigned again in this turn. Open connections stay. */
  release(bindings: readonly Binding[]): void {
    for (const key of bindings.map(formatBinding)) {
      const socket = this.#sockets.get(key);
      if (socket === undefined) continue;
      socket.isWanted = false;
      queueMicrotask(() => this.#closeUnwanted(key, socket));
    }
  }

  /** The addresses that are listened at for these places: the ports that the system chose where none was given. */
  async addresses(bindings: readonly Binding[]): Promise<Address[]> {
    const sockets = bindings.flatMap((binding) => this.#sockets.get(formatBinding(binding)) ?? []);
    const listeners = await Promise.all(sockets.map(({ listener }) => listener.catch(() => undefined)));
    return listeners.flatMap((listener) => listener?.address ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [key, socket] of Array.from(this.#sockets)) {
      socket.isWanted = false;
      this.#closeUnwanted(key, socket);
    }
    await Promise.all(this.#closing.values());
  }

  async #open(binding: Binding, accept: Accept): Promise<void> {
    const key = formatBinding(binding);
    const existing = this.#sockets.get(key);
    if (existing !== undefined) {
      existing.accept = accept;
      existing.isWanted = true;
      await existing.listener;
      return;
    }
    const socket: Socket = {
      accept,
      isWanted: true,
      listener: this.#listen(binding, (connection) => socket.accept(connection)),
    };
    this.#sockets.set(key, socket);
    try {
      await socket.listener;
    } catch (error) {
      this.#sockets.delete(key);
      throw error;
    }
  }

  async #listen(binding: Binding, accept: Accept): Promise<Listener> {
    await this.#closing.get(formatBinding(binding));
    return await this.#network.listen(binding.zone, binding.address, accept);
  }

  #closeUnwanted(key: string, socket: Socket): void {
    if (socket.isWanted || this.#sockets.get(key) !== socket) return;
    this.#sockets.delete(key);
    // Where listening failed there is nothing to close.
    const closed = socket.listener.then((listener) => listener.close()).catch(() => {});
    this.#closing.set(key, closed);
    void closed.finally(() => {
      if (this.#closing.get(key) === closed) this.#closing.delete(key);
    });
  }
}
