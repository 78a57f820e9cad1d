import { Duplex } from 'node:stream';
import { createSystemError } from './errors.ts';
import type { Address } from './address.ts';

/** A byte stream between two parties: a pair in memory or a real socket. HTTP, TLS and HTTP/2 run over it for real. */
export interface Connection extends Duplex {
  /** Counts from 1 within a network; both ends of a pair in memory share it. */
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Ends the connection so that the peer sees `ECONNRESET`. */
  reset(): void;
}

interface Ends {
  readonly id: number;
  readonly client: Address;
  readonly server: Address;
  /** What the server takes its own address for. Default: the one that the client called. */
  readonly seenByServer?: Address;
}

/** What passes through one direction of a pair (`null` is the end); a fault puts one in front to delay, cut or swallow. */
export type Carrier = (chunk: Buffer | null, deliver: (chunk: Buffer | null) => void) => void;

/**
 * One end of a connection in memory. It quacks like a `net.Socket` as far as `node:http`, `node:tls` and `node:http2` look.
 *
 * A write completes, and its bytes reach the peer, on a later microtask: handing them over within the call would run the
 * peer's protocol code inside the writer's, which Node's TLS does not survive.
 */
class MemoryConnection extends Duplex implements Connection {
  readonly id: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** `node:http` and `node:tls` read these from a socket. */
  readonly encrypted = false;
  readonly connecting = false;
  #peer: MemoryConnection | undefined;
  #carry: Carrier = (chunk, deliver) => deliver(chunk);
  #resume: (() => void) | undefined;
  #hasReadEnd = false;

  constructor(id: number, local: Address, remote: Address) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.localAddress = local.host;
    this.localPort = local.port;
    this.remoteAddress = remote.host;
    this.remotePort = remote.port;
  }

  join(peer: MemoryConnection): void {
    this.#peer = peer;
  }

  carryThrough(carrier: Carrier): void {
    const before = this.#carry;
    this.#carry = (chunk, deliver) => before(chunk, (passed) => carrier(passed, deliver));
  }

  reset(): void {
    const peer = this.#peer;
    this.destroy();
    peer?.destroy(createSystemError('ECONNRESET', 'the peer reset the connection'));
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const peer = this.#peer;
    if (peer === undefined || peer.destroyed) {
      done(createSystemError('EPIPE', 'the peer has closed the connection'));
      return;
    }
    queueMicrotask(() => this.#carry(chunk, (passed) => peer.#receive(passed)));
    peer.#whenReadable(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sendEnd();
    done();
  }

  /** Like closing a file descriptor: the peer reads an end, and its later writes fail. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
    if (!this.writableFinished) this.#sendEnd();
    done(error);
  }

  #sendEnd(): void {
    const peer = this.#peer;
    if (peer !== undefined) queueMicrotask(() => this.#carry(null, (passed) => peer.#receive(passed)));
  }

  #receive(chunk: Buffer | null): void {
    if (this.destroyed || this.#hasReadEnd) return;
    this.#hasReadEnd = chunk === null;
    this.push(chunk);
  }

  #whenReadable(resume: (error?: Error | null) => void): void {
    if (this.readableLength < this.readableHighWaterMark) queueMicrotask(resume);
    else this.#resume = () => queueMicrotask(resume);
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** The two ends of a connection in memory, with a hook for faults on each direction. */
export interface ConnectionPair {
  readonly client: Connection;
  readonly server: Connection;
  /** Puts a carrier in front of what the caller sends, or of what it receives. */
  carry(direction: 'to-server' | 'to-client', carrier: Carrier): void;
}

export function createConnectionPair(ends: Ends): ConnectionPair {
  const client = new MemoryConnection(ends.id, ends.client, ends.server);
  const server = new MemoryConnection(ends.id, ends.seenByServer ?? ends.server, ends.client);
  client.join(server);
  server.join(client);
  return {
    client,
    server,
    carry: (direction, carrier) => (direction === 'to-server' ? client : server).carryThrough(carrier),
  };
}
