import { isIP } from 'node:net';
import type { Clock } from './clock.ts';
import { createConnectionPair, type Connection } from './connection.ts';
import type { ConnectionFault } from './connection-fault.ts';
import { createSystemError, MeshrigError } from './errors.ts';
import type { ConnectOptions, Listener, Network } from './network.ts';
import { formatAddress, type Address } from './address.ts';

interface Zone {
  readonly reaches: Set<string>;
  readonly names: Map<string, readonly string[]>;
  readonly listeners: Map<string, (connection: Connection) => void>;
  readonly translations: Map<string, Translation>;
  /** Addresses at which a machine exists, whether or not anything listens: a connect there is refused, not lost. */
  readonly hosts: Map<string, number>;
}

interface Translation {
  readonly to: () => Address | undefined;
  /** Whether the listener is told where the connection was meant to go, in place of its own address. */
  readonly keepsDestination: boolean;
}

/** Who takes a connection, and the address it comes in on. */
interface Arrival {
  readonly accept: (connection: Connection) => void;
  readonly address: Address;
}

interface FaultRule {
  readonly matches: (hop: Hop) => boolean;
  readonly fault: ConnectionFault;
}

/** One connect as a fault sees it. */
export interface Hop {
  readonly zone: string;
  readonly to: Address;
}

const EVERY_ZONE = '*';
const FIRST_FREE_PORT = 32768;
const FIRST_SOURCE_PORT = 40000;

/** All machines of a scenario in one process: zones, names, service addresses, listeners, faults. */
export class MemoryNetwork implements Network {
  readonly #zones = new Map<string, Zone>();
  readonly #faults = new Set<FaultRule>();
  readonly #open = new Set<Connection>();
  readonly #clock: Clock;
  #connections = 0;
  #freePort = FIRST_FREE_PORT;

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
    this.addZone(EVERY_ZONE);
  }

  /** Adds a zone, or lets an existing one reach more zones. */
  addZone(name: string, options: { readonly reaches?: readonly string[] } = {}): void {
    const zone = this.#zones.get(name) ?? createZone();
    for (const other of options.reaches ?? []) zone.reaches.add(other);
    this.#zones.set(name, zone);
  }

  /** Takes a route away: later connects from `from` to `to` are lost without an answer. */
  removeRoute(from: string, to: string): void {
    this.#zone(from).reaches.delete(to);
  }

  /** Gives a name addresses, in one zone or (`*`) in every zone that has no other answer. */
  addName(zone: string, name: string, addresses: readonly string[]): Disposable {
    const { names } = this.#zone(zone);
    names.set(name.toLowerCase(), addresses);
    return { [Symbol.dispose]: () => void names.delete(name.toLowerCase()) };
  }

  /**
   * Sends connects to `from` on to the address that `to` names at that moment, as kube-proxy does for a Service: the endpoint sees its own
   * address, the caller that of the Service.
   */
  translate(zone: string, from: Address, to: () => Address | undefined): Disposable {
    return this.#addTranslation(zone, from, { to, keepsDestination: false });
  }

  /** Sends connects to `from` on to a proxy, which learns where they were meant to go, as iptables' REDIRECT does. */
  redirect(zone: string, from: Address, to: Address): Disposable {
    return this.#addTranslation(zone, from, { to: () => to, keepsDestination: true });
  }

  #addTranslation(zone: string, from: Address, translation: Translation): Disposable {
    const { translations, hosts } = this.#zone(zone);
    const key = formatAddress(from);
    translations.set(key, translation);
    retain(hosts, from.host);
    return {
      [Symbol.dispose]() {
        if (translations.get(key) !== translation) return;
        translations.delete(key);
        release(hosts, from.host);
      },
    };
  }

  /** Applies a fault to every later connect that matches. */
  addFault(matches: (hop: Hop) => boolean, fault: ConnectionFault): Disposable {
    const rule: FaultRule = { matches, fault };
    this.#faults.add(rule);
    return { [Symbol.dispose]: () => void this.#faults.delete(rule) };
  }

  /** Declares that a machine exists at an address, so that connects to ports where nobody listens are refused. */
  addHost(zone: string, address: string): Disposable {
    const { hosts } = this.#zone(zone);
    retain(hosts, address);
    return { [Symbol.dispose]: () => release(hosts, address) };
  }

  async listen(zone: string, wanted: Address, accept: (connection: Connection) => void): Promise<Listener> {
    const { listeners, hosts } = this.#zone(zone);
    const address = wanted.port === 0 ? { host: wanted.host, port: this.#freePort++ } : wanted;
    const key = formatAddress(address);
    if (listeners.has(key)) {
      throw new MeshrigError(
        'PORT_IN_USE',
        `Failed to listen on "${key}" in zone "${zone}": something already listens there`,
      );
    }
    listeners.set(key, accept);
    retain(hosts, address.host);
    let isOpen = true;
    const close = async () => {
      if (!isOpen) return;
      isOpen = false;
      listeners.delete(key);
      release(hosts, address.host);
    };
    return { address, close, [Symbol.asyncDispose]: close };
  }

  async resolve(zone: string, name: string): Promise<readonly string[]> {
    if (isIP(name) !== 0) return [name];
    const key = name.toLowerCase().replace(/\.$/, '');
    const addresses = this.#zone(zone).names.get(key) ?? this.#zone(EVERY_ZONE).names.get(key);
    if (addresses === undefined) throw createSystemError('ENOTFOUND', `no address for "${name}" in zone "${zone}"`);
    return addresses;
  }

  async connect(zone: string, address: Address, options: ConnectOptions = {}): Promise<Connection> {
    options.signal?.throwIfAborted();
    const [host] = await this.resolve(zone, address.host);
    const to = { host: host ?? address.host, port: address.port };
    const faults = Array.from(this.#faults).filter(
      (rule) => rule.matches({ zone, to: address }) || rule.matches({ zone, to }),
    );
    for (const { fault } of faults) await fault.beforeConnect?.(this.#clock, options.signal);
    const { accept, address: seenByServer } = await this.#findListener(zone, to, options.signal);
    const id = ++this.#connections;
    const client = { host: options.source ?? '127.0.0.1', port: FIRST_SOURCE_PORT + (id % 20_000) };
    const pair = createConnectionPair({ id, client, server: to, seenByServer });
    for (const { fault } of faults) fault.onConnection?.(pair, this.#clock);
    this.#track(pair.client);
    this.#track(pair.server);
    queueMicrotask(() => accept(pair.server));
    return pair.client;
  }

  /** Connections that are still open: after a run, each one is a leak. */
  openConnections(): readonly Connection[] {
    return Array.from(this.#open);
  }

  #track(connection: Connection): void {
    this.#open.add(connection);
    connection.once('close', () => this.#open.delete(connection));
  }

  async #findListener(zone: string, to: Address, signal: AbortSignal | undefined): Promise<Arrival> {
    const near = this.#zone(zone);
    for (const candidate of [near, ...Array.from(near.reaches, (name) => this.#zone(name))]) {
      const translation = candidate.translations.get(formatAddress(to));
      if (translation !== undefined) {
        const target = translation.to();
        if (target === undefined)
          throw createSystemError('ECONNREFUSED', `connect ${formatAddress(to)}: the service has no endpoint`);
        const accept = candidate.listeners.get(formatAddress(target));
        if (accept !== undefined) return { accept, address: translation.keepsDestination ? to : target };
        throw createSystemError('ECONNREFUSED', `connect ${formatAddress(target)}`);
      }
      const accept = candidate.listeners.get(formatAddress(to));
      if (accept !== undefined) return { accept, address: to };
      if (candidate.hosts.has(to.host)) throw createSystemError('ECONNREFUSED', `connect ${formatAddress(to)}`);
    }
    return await waitForAbort(signal);
  }

  #zone(name: string): Zone {
    const zone = this.#zones.get(name);
    if (zone === undefined)
      throw new MeshrigError(
        'BUG',
        `Failed to find zone "${name}": known zones are ${Array.from(this.#zones.keys()).join(', ')}`,
      );
    return zone;
  }
}

function createZone(): Zone {
  return { reaches: new Set(), names: new Map(), listeners: new Map(), translations: new Map(), hosts: new Map() };
}

function retain(hosts: Map<string, number>, host: string): void {
  hosts.set(host, (hosts.get(host) ?? 0) + 1);
}

function release(hosts: Map<string, number>, host: string): void {
  const count = (hosts.get(host) ?? 0) - 1;
  if (count > 0) hosts.set(host, count);
  else hosts.delete(host);
}

/** A packet into the void: nothing ever comes back. */
function waitForAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
