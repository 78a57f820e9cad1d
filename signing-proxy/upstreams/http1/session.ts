import { Readable, type Duplex } from 'node:stream';
import type { Address } from '#core/network.ts';
import { HeaderMap } from '../../http/header-map.ts';
import type { HttpSession, SessionOwner } from '../http-session.ts';
import { createBrokenOff, createProtocolError } from '../session-errors.ts';
import type { UpstreamAttempt, UpstreamResponse } from '../types.ts';
import type { UpstreamError } from '../upstream-error.ts';
import { encodeRequestHead } from './encode-request.ts';
import { ResponseParser, type ParsedHead } from './response-parser.ts';
import { writeBody } from './write-body.ts';

export interface Http1SessionOptions {
  readonly stream: Duplex;
  readonly endpoint: Address;
  readonly owner: SessionOwner;
}

/** The request under way. */
interface Exchange {
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
  readonly abort: () => void;
  body: Readable | undefined;
  settleTrailers: ((trailers: HeaderMap | undefined) => void) | undefined;
  keepsAlive: boolean;
  hasResponseEnded: boolean;
  isRequestWritten: boolean;
}

/** One HTTP/1.1 connection: one request at a time, kept alive between them. */
export class Http1Session implements HttpSession {
  readonly #stream: Duplex;
  readonly #endpoint: Address;
  readonly #owner: SessionOwner;
  readonly #parser: ResponseParser;
  #exchange: Exchange | undefined;
  #isDraining = false;

  constructor(options: Http1SessionOptions) {
    this.#stream = options.stream;
    this.#endpoint = options.endpoint;
    this.#owner = options.owner;
    this.#parser = new ResponseParser({
      onHead: (head) => this.#onHead(head),
      onBody: (chunk) => this.#onBody(chunk),
      onEnd: (trailers) => this.#onEnd(trailers),
    });
    this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#stream.on('end', () => this.#onStreamEnd());
    this.#stream.on('error', () => this.#breakOff(createBrokenOff(this.#endpoint)));
    this.#stream.on('close', () => {
      this.#breakOff(createBrokenOff(this.#endpoint));
      this.#owner.onClose(this);
    });
  }

  get isAvailable(): boolean {
    return !this.isClosed && this.#exchange === undefined;
  }

  get isClosed(): boolean {
    return this.#isDraining || this.#stream.destroyed || this.#stream.readableEnded;
  }

  get activeRequests(): number {
    return this.#exchange === undefined ? 0 : 1;
  }

  send(attempt: UpstreamAttempt): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const { headers, body, signal } = attempt;
      const abort = () => this.#fail(signal.reason);
      const exchange: Exchange = {
        resolve,
        reject,
        signal,
        abort,
        body: undefined,
        settleTrailers: undefined,
        keepsAlive: false,
        hasResponseEnded: false,
        isRequestWritten: false,
      };
      this.#exchange = exchange;
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) return abort();
      const head = encodeRequestHead(headers, body !== undefined);
      this.#parser.start(headers.get(':method') ?? 'GET');
      writeBody({ stream: this.#stream, head, body }, (error) => this.#onRequestWritten(exchange, error));
    });
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#exchange === undefined) this.#close();
  }

  destroy(): void {
    this.#isDraining = true;
    this.#fail(createBrokenOff(this.#endpoint));
    this.#stream.destroy();
  }

  #onRequestWritten(exchange: Exchange, error: unknown): void {
    if (error !== undefined) {
      if (this.#exchange === exchange) this.#fail(error);
      return;
    }
    exchange.isRequestWritten = true;
  }

  #onData(chunk: Buffer): void {
    if (this.#exchange === undefined) return void this.#stream.destroy();
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#fail(createProtocolError(this.#endpoint, error));
    }
  }

  #onHead({ status, headers, keepsAlive }: ParsedHead): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.keepsAlive = keepsAlive;
    const body = new Readable({
      read: () => void this.#stream.resume(),
      destroy: (error, done) => {
        if (!exchange.hasResponseEnded && this.#exchange === exchange) this.#fail(error);
        done(error);
      },
    });
    // A break-off may come before the reader listens; it then finds the body destroyed.
    body.on('error', () => {});
    exchange.body = body;
    const trailers = new Promise<HeaderMap | undefined>((settle) => (exchange.settleTrailers = settle));
    exchange.resolve({
      headers: HeaderMap.fromRaw([':status', String(status), ...headers]),
      body,
      trailers,
      endpoint: this.#endpoint,
    });
  }

  #onBody(chunk: Buffer): void {
    if (this.#exchange?.body?.push(chunk) === false) this.#stream.pause();
  }

  #onEnd(trailers: readonly string[]): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.hasResponseEnded = true;
    exchange.settleTrailers?.(trailers.length === 0 ? undefined : HeaderMap.fromRaw(trailers));
    exchange.body?.push(null);
    this.#stream.resume();
    this.#release(exchange);
    // A server that answers before it has read the whole request may never read the rest.
    if (!exchange.keepsAlive || !exchange.isRequestWritten || this.#isDraining) this.#close();
    this.#owner.onRequestEnd(this);
  }

  #onStreamEnd(): void {
    if (this.#exchange !== undefined && !this.#parser.end()) this.#breakOff(createBrokenOff(this.#endpoint));
    this.#stream.end();
  }

  /** Ends the exchange with a failure and the connection with it: its bytes can no longer be told apart. */
  #fail(reason: unknown): void {
    this.#breakOff(reason);
    this.#stream.destroy();
  }

  #breakOff(reason: unknown): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#release(exchange);
    exchange.settleTrailers?.(undefined);
    exchange.reject(reason);
    exchange.body?.destroy(reason as UpstreamError);
    this.#owner.onRequestEnd(this);
  }

  #release(exchange: Exchange): void {
    this.#exchange = undefined;
    exchange.signal.removeEventListener('abort', exchange.abort);
  }

  #close(): void {
    this.#isDraining = true;
    this.#stream.end();
    this.#stream.destroy();
  }
}
