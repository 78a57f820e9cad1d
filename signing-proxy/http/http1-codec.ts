import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Timer } from '#core/clock.ts';
import { systemCodeOf } from '#core/errors.ts';
import type { RequestHead } from '#core/http-message.ts';
import { createHttp1Server } from '#core/http.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { Codec, CodecOptions, DownstreamResponse, DownstreamStream } from './codec.ts';
import { ConnectionIdle } from './connection-idle.ts';
import { HeaderMap } from './header-map.ts';
import { findHttp1Fault, type Http1Fault } from './http1-faults.ts';

/** HTTP/1.0 and 1.1 over any byte stream, through Node's parser and writer. Header names go out in lower case, as Envoy's. */
export function createHttp1Codec(options: CodecOptions): Codec {
  const connections = new Map<Duplex, ConnectionState>();
  const server = createHttp1Server((request, response) => serve(request, response), {
    maxHeaderSize: options.maxHeaderBytes,
    requireHostHeader: false,
  });
  server.on('clientError', (error, socket) => refuseBadRequest(error, socket, options));
  // Envoy has no route for CONNECT unless one is configured for it.
  server.on('connect', (_: IncomingMessage, socket: Duplex) => refuse(socket, { status: 404, body: '' }, options));
  acceptExpectations(server);

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const state = connections.get(request.socket);
    if (state === undefined) return;
    state.idle.enter();
    state.headTimer?.cancel();
    state.headTimer = undefined;
    const stream = new Http1Stream(request, response, state);
    stream.onClosed(() => {
      state.idle.leave();
      if (state.isDraining && state.idle.isIdle) request.socket.end();
    });
    const fault = findHttp1Fault(request, options);
    if (fault === undefined) options.onStream(stream);
    else refuse(request.socket, fault, options);
  }

  return {
    accept(stream, downstream) {
      const state: ConnectionState = {
        downstream,
        idle: new ConnectionIdle(options.clock, options.idleTimeoutMs, () => stream.end()),
        headTimer: undefined,
        isDraining: false,
      };
      connections.set(stream, state);
      stream.once('close', () => {
        connections.delete(stream);
        state.idle.stop();
        state.headTimer?.cancel();
      });
      server.emit('connection', stream);
      if (options.requestHeadersTimeoutMs > 0) limitHeads(stream, state, options);
    },
    drain() {
      for (const [stream, state] of connections) {
        state.isDraining = true;
        if (state.idle.isIdle) stream.end();
      }
    },
    close() {
      for (const stream of connections.keys()) stream.destroy();
    },
  };
}

interface ConnectionState {
  readonly downstream: DownstreamInfo;
  readonly idle: ConnectionIdle;
  headTimer: Timer | undefined;
  isDraining: boolean;
}

/** Starts a timer with the first byte of each head; the request that comes of it stops it. */
function limitHeads(stream: Duplex, state: ConnectionState, options: CodecOptions): void {
  stream.on('data', () => {
    if (!state.idle.isIdle || state.headTimer !== undefined) return;
    state.headTimer = options.clock.setTimer(options.requestHeadersTimeoutMs, () =>
      refuse(stream, { status: 408, body: 'request header timeout' }, options),
    );
  });
}

/** Envoy answers `expect: 100-continue` itself; without a listener Node would do so too, but never tell. */
function acceptExpectations(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
  // Other expectations are passed on; Node alone would answer 417.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  );
}

const MAX_TEXT_BYTES = 16_384;

/** What cannot be parsed is answered as far as it can be, and the connection ends. */
function refuseBadRequest(error: Error, socket: Duplex, options: CodecOptions): void {
  const code = systemCodeOf(error);
  if (!socket.writable || code === 'ECONNRESET') socket.destroy();
  else if (code === 'HPE_HEADER_OVERFLOW') refuse(socket, { status: 431, body: STATUS_CODES[431] ?? '' }, options);
  else if (code === 'HPE_INVALID_VERSION') refuse(socket, { status: 426, body: STATUS_CODES[426] ?? '' }, options);
  else refuse(socket, { status: 400, body: STATUS_CODES[400] ?? '' }, options);
}

/** Answers outside of any request's life; nothing more is read. */
function refuse(socket: Duplex, { status, body }: Http1Fault, { clock, serverName }: CodecOptions): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-length: ${body.length}`,
    ...(body === '' ? [] : ['content-type: text/plain']),
    `date: ${new Date(clock.now()).toUTCString()}`,
    `server: ${serverName}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

class Http1Stream implements DownstreamStream {
  readonly received: RequestHead;
  readonly headers: HeaderMap;
  readonly body: Readable | undefined;
  readonly #response: ServerResponse;
  readonly #state: ConnectionState;
  readonly #method: string;
  #closes = false;

  constructor(request: IncomingMessage, response: ServerResponse, state: ConnectionState) {
    this.#response = response;
    this.#state = state;
    this.#method = request.method ?? '';
    this.received = {
      method: this.#method,
      target: request.url ?? '',
      httpVersion: request.httpVersion === '1.0' ? '1.0' : '1.1',
      headers: request.rawHeaders,
    };
    this.headers = toHeaderMap(this.received);
    this.body = hasBody(this.headers) ? request : undefined;
    if (this.body === undefined) request.resume();
  }

  get downstream(): DownstreamInfo {
    return this.#state.downstream;
  }

  closeWhenAnswered(): void {
    this.#closes = true;
  }

  respond({ headers, body }: DownstreamResponse): void {
    const response = this.#response;
    const status = Number(headers.get(':status'));
    if (this.#mustClose()) headers.set('connection', 'close');
    // Keeps Node from adding `Connection` and `Keep-Alive` of its own.
    else response.removeHeader('connection');
    response.sendDate = false;
    const mayHaveBody = this.#method !== 'HEAD' && status !== 204 && status !== 304;
    if (!headers.has('content-length') && status !== 204 && status !== 304) {
      if (body === undefined && mayHaveBody) headers.set('content-length', '0');
      // Written here, since Node would write the name in upper case.
      else if (this.received.httpVersion === '1.1') headers.set('transfer-encoding', 'chunked');
    }
    response.writeHead(status, STATUS_CODES[status] ?? 'Unknown', headers.toRaw());
    if (!mayHaveBody && body !== undefined && !Buffer.isBuffer(body)) body.resume();
    if (body === undefined || !mayHaveBody) response.end();
    else if (Buffer.isBuffer(body)) endWith(response, body);
    else this.#stream(body);
  }

  /** An answer that comes before the request has ended leaves a connection that nothing can be read from. */
  #mustClose(): boolean {
    const isRequestOpen = this.body !== undefined && !this.body.readableEnded;
    return this.#closes || isRequestOpen || this.#state.isDraining || !this.#response.shouldKeepAlive;
  }

  #stream(body: Readable): void {
    body.on('error', () => this.reset());
    // A body that is late must not hold back the head.
    if (body.readableLength === 0) this.#response.flushHeaders();
    body.pipe(this.#response);
  }

  reset(): void {
    this.#response.destroy();
  }

  onClosed(listener: (isComplete: boolean) => void): void {
    this.#response.once('close', () => listener(this.#response.writableFinished));
  }
}

/** Node sends a short text and the head before it in one write, a buffer in a second one. */
function endWith(response: ServerResponse, body: Buffer): void {
  if (body.length > MAX_TEXT_BYTES) response.end(body);
  else response.end(body.toString('latin1'), 'latin1');
}

/** `host` becomes `:authority`; an absolute target carries its own, which wins. */
function toHeaderMap(head: RequestHead): HeaderMap {
  const headers = HeaderMap.fromRaw(head.headers);
  const absolute = head.target.startsWith('/') ? null : /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(head.target);
  const authority = absolute?.[2] ?? headers.get('host');
  headers.remove('host');
  if (authority !== undefined) headers.set(':authority', authority);
  headers.set(
    ':path',
    absolute === null ? head.target : absolute[3]?.startsWith('/') === true ? absolute[3] : `/${absolute[3] ?? ''}`,
  );
  headers.set(':method', head.method);
  return headers;
}

function hasBody(headers: HeaderMap): boolean {
  if (headers.has('transfer-encoding')) return true;
  const length = headers.get('content-length');
  return length !== undefined && Number(length) > 0;
}
