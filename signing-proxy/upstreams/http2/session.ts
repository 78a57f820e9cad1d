import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import type { Address } from '#core/address.ts';
import { HeaderMap } from '../../http/header-map.ts';
import { IncomingBody } from '../../http/incoming-body.ts';
import type { AbandonSignal } from '../abandonment.ts';
import type { HttpSession, SessionOwner } from '../http-session.ts';
import { createBrokenOff, createProtocolError } from '../session-errors.ts';
import type { UpstreamAttempt, UpstreamResponse } from '../types.ts';
import { UpstreamError } from '../upstream-error.ts';

export interface Http2SessionOptions {
  readonly stream: Duplex;
  readonly endpoint: Address;
  readonly owner: SessionOwner;
  /** Requests at one time; the endpoint may allow fewer. */
  readonly maxStreams: number;
}

/** What HTTP/2 forbids (RFC 9113 8.2.2); `host` travels as `:authority`. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** One HTTP/2 connection, shared by many requests. */
export class Http2Session implements HttpSession {
  readonly #client: ClientHttp2Session;
  readonly #connection: Duplex;
  readonly #endpoint: Address;
  readonly #owner: SessionOwner;
  readonly #maxStreams: number;
  #active = 0;
  #isDraining = false;

  constructor({ stream, endpoint, owner, maxStreams }: Http2SessionOptions) {
    this.#maxStreams = maxStreams;
    this.#connection = stream;
    this.#endpoint = endpoint;
    this.#owner = owner;
    // HTTP/2 has no use for half a connection, and Node crashes where a session is destroyed while its own half ends.
    stream.once('end', () => stream.destroy());
    this.#client = connect('http://upstream', { createConnection: () => stream });
    // Every stream of a broken session hears of it; here is nothing left to do.
    this.#client.on('error', () => {});
    this.#client.once('goaway', () => void (this.#isDraining = true));
    this.#client.once('close', () => this.#owner.onClose(this));
  }

  get isAvailable(): boolean {
    const allowed = this.#client.remoteSettings?.maxConcurrentStreams ?? 100;
    return !this.isClosed && this.#active < Math.min(allowed, this.#maxStreams);
  }

  get isClosed(): boolean {
    return this.#isDraining || this.#client.closed || this.#client.destroyed;
  }

  get activeRequests(): number {
    return this.#active;
  }

  send(attempt: UpstreamAttempt): Promise<UpstreamResponse> {
    const { headers, body, findTrailers } = attempt;
    const waitForTrailers = findTrailers !== undefined && mayHaveTrailers(body, findTrailers);
    const request = this.#client.request(toHttp2Headers(headers), { endStream: body === undefined, waitForTrailers });
    if (waitForTrailers) request.once('wantTrailers', () => request.sendTrailers(toHttp2Headers(findTrailers())));
    this.#active++;
    request.once('close', () => {
      this.#active--;
      if (this.#isDraining && this.#active === 0) this.#close();
      this.#owner.onRequestEnd(this);
    });
    sendBody(request, body);
    return this.#receive(request, attempt.signal);
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#active === 0) this.#close();
  }

  destroy(): void {
    this.#isDraining = true;
    this.#client.destroy();
    this.#connection.destroy();
  }

  #receive(request: ClientHttp2Stream, signal: AbandonSignal): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      let body: Readable | undefined;
      const fail = (reason: unknown) => {
        reject(reason);
        body?.destroy(reason as Error);
      };
      const abort = () => {
        request.close(constants.NGHTTP2_CANCEL);
        fail(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      request.once('response', (headers) => {
        body = this.#createBody(request);
        resolve({
          headers: toHeaderMap(headers),
          body,
          trailers: expectTrailers(request),
          endpoint: this.#endpoint,
        });
      });
      request.on('error', (error) => fail(this.#explain(request, error)));
      request.once('close', () => {
        signal.removeEventListener('abort', abort);
        if (body === undefined || !hasEnded(request)) fail(this.#explain(request, undefined));
      });
    });
  }

  #createBody(request: ClientHttp2Stream): Readable {
    const body = new IncomingBody(
      () => void request.resume(),
      () => {
        if (!request.closed) request.close(constants.NGHTTP2_CANCEL);
      },
    );
    request.on('data', (chunk: Buffer) => {
      if (!body.push(chunk)) request.pause();
    });
    // Node ends a stream that is reset, too; then the end of the request tells.
    request.once('end', () => {
      if (hasEnded(request)) body.push(null);
    });
    return body;
  }

  #explain(request: ClientHttp2Stream, cause: unknown): UpstreamError {
    if (this.#client.destroyed || this.#client.closed || this.#connection.destroyed)
      return createBrokenOff(this.#endpoint);
    const endpoint = this.#endpoint;
    if (request.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      return new UpstreamError({
        reason: 'remote refused stream reset',
        flag: 'UR',
        retryKind: 'refused-stream',
        endpoint,
        cause,
      });
    }
    if (request.rstCode === constants.NGHTTP2_PROTOCOL_ERROR) return createProtocolError(endpoint, cause);
    return new UpstreamError({ reason: 'remote reset', flag: 'UR', retryKind: 'reset', endpoint, cause });
  }

  #close(): void {
    this.#client.close();
    this.#connection.destroy();
  }
}

function expectTrailers(request: ClientHttp2Stream): Promise<HeaderMap | undefined> {
  return new Promise((settle) => {
    request.once('trailers', (received) => settle(toHeaderMap(received)));
    request.once('close', () => settle(undefined));
  });
}

function sendBody(request: ClientHttp2Stream, body: UpstreamAttempt['body']): void {
  if (body === undefined) return;
  if (body instanceof Uint8Array) request.end(body);
  else pipeline(body, request, () => {});
}

/** Behind a body that has arrived they are known; behind one that has not they may still come. */
function mayHaveTrailers(body: UpstreamAttempt['body'], findTrailers: () => HeaderMap | undefined): boolean {
  return body !== undefined && (!Buffer.isBuffer(body) || findTrailers() !== undefined);
}

function toHttp2Headers(headers = HeaderMap.empty()): OutgoingHttpHeaders {
  const outgoing: Record<string, string | string[]> = {};
  for (const [name, value] of headers.entries()) {
    if (CONNECTION_HEADERS.has(name) || (name === 'te' && value !== 'trailers')) continue;
    const earlier = outgoing[name];
    outgoing[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value];
  }
  return outgoing;
}

function toHeaderMap(headers: Readonly<Record<string, string | string[] | number | undefined>>): HeaderMap {
  const raw: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) raw.push(name, String(one));
  }
  return HeaderMap.fromRaw(raw);
}

/** Whether the response is complete: its last byte has come, and no reset with it. */
function hasEnded(request: ClientHttp2Stream): boolean {
  return request.readableEnded && (request.rstCode ?? constants.NGHTTP2_NO_ERROR) === constants.NGHTTP2_NO_ERROR;
}
