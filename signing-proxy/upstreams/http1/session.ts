import type { Duplex } from 'node:stream';
import type { Address } from '#core/address.ts';
import { HeaderMap } from '../../http/header-map.ts';
import { IncomingBody } from '../../http/incoming-body.ts';
import { joinChunks } from '../../http1/join-chunks.ts';
import { writeMessage } from '../../http1/write-message.ts';
import type { AbandonSignal } from '../abandonment.ts';
import type { HttpSession, SessionOwner } from '../http-session.ts';
import { createBrokenOff, createProtocolError } from '../session-errors.ts';
import type { UpstreamAttempt, UpstreamResponse } from '../types.ts';
import type { UpstreamError } from '../upstream-error.ts';
import { encodeRequestHead } from './encode-request.ts';
import { ResponseParser, type ParsedHead } from './response-parser.ts';

export interface Http1SessionOptions {
  readonly stream: Duplex;
  readonly endpoint: Address;
  readonly owner: SessionOwner;
}

/** The request under way. */
interface Exchange {
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbandonSignal;
  readonly abort: () => void;
  head: ParsedHead | undefined;
  /** What came of the body before the response was handed out. */
  readonly early: Buffer[];
  /** Where later parts go; undefined for a response that was complete at once. */
  body: IncomingBody | undefined;
  settleTrailers: ((trailers: HeaderMap | undefined) => void) | undefined;
  trailers: HeaderMap | undefined;
  isHandedOut: boolean;
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
    return this.#exchange === undefined && !this.isClosed;
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
        head: undefined,
        early: [],
        body: undefined,
        settleTrailers: undefined,
        trailers: undefined,
        isHandedOut: false,
        hasResponseEnded: false,
        isRequestWritten: false,
      };
      this.#exchange = exchange;
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) return abort();
      const { text, isChunked } = encodeRequestHead(headers, body !== undefined);
      this.#parser.start(headers.get(':method') ?? 'GET');
      // Over TLS the answer may come before the stream tells that the last byte of a whole request has left.
      exchange.isRequestWritten = body === undefined || Buffer.isBuffer(body);
      writeMessage(
        { stream: this.#stream, head: text, isChunked, body },
        exchange.isRequestWritten ? undefined : (error) => this.#onRequestWritten(exchange, error),
      );
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
    const exchange = this.#exchange;
    if (exchange === undefined) return void this.#stream.destroy();
    try {
      this.#parser.push(chunk);
      this.#handOut(exchange);
    } catch (error) {
      this.#handOut(exchange);
      this.#fail(createProtocolError(this.#endpoint, error));
    }
  }

  #onHead(head: ParsedHead): void {
    if (this.#exchange !== undefined) this.#exchange.head = head;
  }

  #onBody(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange?.isHandedOut === false) exchange.early.push(chunk);
    else if (exchange?.body?.push(chunk) === false) this.#stream.pause();
  }

  #onEnd(trailers: readonly string[]): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.hasResponseEnded = true;
    exchange.trailers = trailers.length === 0 ? undefined : HeaderMap.fromRaw(trailers);
    exchange.settleTrailers?.(exchange.trailers);
    exchange.body?.push(null);
    this.#release(exchange);
    // A server that answers before it has read the whole request may never read the rest.
    if (exchange.head?.keepsAlive !== true || !exchange.isRequestWritten || this.#isDraining) this.#close();
    else this.#stream.resume();
    this.#owner.onRequestEnd(this);
  }

  /** Resolves with the head, once all bytes that came with it are parsed: most bodies are complete by then. */
  #handOut(exchange: Exchange): void {
    const { head, early } = exchange;
    if (exchange.isHandedOut || head === undefined) return;
    exchange.isHandedOut = true;
    exchange.resolve({
      headers: HeaderMap.fromRaw([':status', String(head.status), ...head.headers]),
      body: exchange.hasResponseEnded ? joinChunks(early) : this.#createBody(exchange),
      trailers: this.#expectTrailers(exchange),
      endpoint: this.#endpoint,
    });
  }

  #createBody(exchange: Exchange): IncomingBody {
    const body = new IncomingBody(
      () => void this.#stream.resume(),
      (error) => {
        if (!exchange.hasResponseEnded && this.#exchange === exchange) this.#fail(error);
      },
    );
    exchange.body = body;
    for (const chunk of exchange.early) if (!body.push(chunk)) this.#stream.pause();
    return body;
  }

  #expectTrailers(exchange: Exchange): UpstreamResponse['trailers'] {
    if (!exchange.hasResponseEnded) return new Promise((settle) => (exchange.settleTrailers = settle));
    return exchange.trailers && Promise.resolve(exchange.trailers);
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
