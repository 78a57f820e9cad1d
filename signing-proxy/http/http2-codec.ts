import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { RequestHead } from '#core/http-message.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { Codec, CodecOptions, DownstreamResponse, DownstreamStream } from './codec.ts';
import { ConnectionIdle } from './connection-idle.ts';
import { IncomingBody } from './incoming-body.ts';
import { HeaderMap } from './header-map.ts';
import { Http2Transport } from './http2-transport.ts';

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_INTERNAL_ERROR } = constants;

/** HTTP/2 over any byte stream: each stream becomes a request of its own. */
export function createHttp2Codec(options: CodecOptions): Codec {
  const sessions = new Map<ServerHttp2Session, Http2Transport>();
  const server = createServer({ maxHeaderListPairs: 1000, settings: { maxHeaderListSize: options.maxHeaderBytes } });
  let accepted: { readonly downstream: DownstreamInfo; readonly transport: Http2Transport } | undefined;

  server.on('session', (session) => {
    if (accepted === undefined) return;
    const { downstream, transport } = accepted;
    const idle = new ConnectionIdle(options.clock, options.idleTimeoutMs, () => session.close());
    sessions.set(session, transport);
    session.once('close', () => {
      sessions.delete(session);
      idle.stop();
    });
    session.on('error', () => session.destroy());
    // A stream may be over when it is announced, and then no longer says whose it is.
    session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number, rawHeaders: string[]) => {
      transport.noteRequest(stream.id ?? 0);
      if (isHeadTooLarge(rawHeaders, options)) {
        stream.on('error', () => undefined);
        stream.close(NGHTTP2_INTERNAL_ERROR);
        return;
      }
      idle.enter();
      stream.once('close', () => idle.leave());
      options.onStream(
        new Http2Stream(stream, downstream, { rawHeaders, hasBody: (flags & NGHTTP2_FLAG_END_STREAM) === 0 }),
      );
    });
  });
  server.on('sessionError', () => undefined);

  return {
    accept(stream, downstream) {
      const transport = new Http2Transport(stream, options);
      // The session is announced within this call.
      accepted = { downstream, transport };
      server.emit('connection', transport);
      accepted = undefined;
    },
    drain() {
      for (const session of sessions.keys()) session.close();
    },
    close() {
      // A session destroyed while its connection is ending would crash in Node; it follows its transport by itself.
      for (const transport of sessions.values()) transport.destroy();
    },
  };
}

class Http2Stream implements DownstreamStream {
  readonly downstream: DownstreamInfo;
  readonly received: RequestHead;
  readonly headers: HeaderMap;
  readonly body: Readable | undefined;
  readonly #stream: ServerHttp2Stream;
  #trailers: HeaderMap | undefined;
  #onReceived: ((bytes: number) => void) | undefined;

  constructor(
    stream: ServerHttp2Stream,
    downstream: DownstreamInfo,
    request: { rawHeaders: string[]; hasBody: boolean },
  ) {
    this.#stream = stream;
    this.downstream = downstream;
    this.headers = joinCrumbs(HeaderMap.fromRaw(request.rawHeaders));
    this.received = {
      method: this.headers.get(':method') ?? '',
      target: this.headers.get(':path') ?? '',
      httpVersion: '2',
      headers: request.rawHeaders,
    };
    this.body = request.hasBody ? this.#receive(stream) : undefined;
    // Unread, a request without a body would be reset once it is answered.
    if (this.body === undefined) stream.resume();
    stream.once('trailers', (_headers: unknown, _flags: number, raw: string[]) => {
      this.#trailers = HeaderMap.fromRaw(raw);
    });
    // A stream that the caller resets says so here as well as on 'close'.
    stream.on('error', () => undefined);
  }

  /** A stream of its own, since listening to Node's would start it before anybody wants the body. */
  #receive(stream: ServerHttp2Stream): Readable {
    const body = new IncomingBody(() => void stream.resume());
    stream.on('data', (chunk: Buffer) => {
      this.#onReceived?.(chunk.length);
      if (!body.push(chunk)) stream.pause();
    });
    stream.once('end', () => body.push(null));
    stream.once('close', () => body.readableEnded || body.destroy(new Error('the caller reset the stream')));
    return body;
  }

  get trailers(): HeaderMap | undefined {
    return this.#trailers;
  }

  onReceived(listener: (bytes: number) => void): void {
    this.#onReceived = listener;
  }

  respond({ headers, body, trailers }: DownstreamResponse): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const hasNoBody = body === undefined || this.received.method === 'HEAD';
    if (trailers !== undefined && !hasNoBody) {
      stream.once(
        'wantTrailers',
        () =>
          void trailers.then(
            (sent) => this.#finish(sent),
            () => this.reset(),
          ),
      );
    }
    stream.respond(toHeaderObject(headers), {
      endStream: hasNoBody,
      waitForTrailers: trailers !== undefined && !hasNoBody,
    });
    if (hasNoBody) {
      if (body !== undefined && !Buffer.isBuffer(body)) body.resume();
      return;
    }
    if (Buffer.isBuffer(body)) {
      stream.end(body);
      return;
    }
    body.on('error', () => this.reset());
    body.pipe(stream);
  }

  #finish(trailers: HeaderMap | undefined): void {
    if (this.#stream.destroyed) return;
    // Without trailers Node ends the stream with an empty DATA frame; closing it would send a reset after the answer.
    this.#stream.sendTrailers(trailers === undefined ? {} : toHeaderObject(trailers));
  }

  /** Other streams of the connection go on. */
  closeWhenAnswered(): void {}

  reset(): void {
    this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  onClosed(listener: (isComplete: boolean) => void): void {
    this.#stream.once('close', () => listener(this.#stream.rstCode === 0));
  }
}

/** Node enforces neither limit; Envoy resets the stream (envoy source/common/http/http2/codec_impl.cc, saveHeader). */
function isHeadTooLarge(rawHeaders: readonly string[], { maxHeaderBytes, maxHeaderCount }: CodecOptions): boolean {
  if (rawHeaders.length / 2 > maxHeaderCount) return true;
  return rawHeaders.reduce((size, text) => size + text.length, 0) > maxHeaderBytes;
}

/** HTTP/2 callers may split `cookie`; Envoy joins the crumbs again. A `host` beside `:authority` is dropped. */
function joinCrumbs(headers: HeaderMap): HeaderMap {
  const host = headers.get('host');
  if (host !== undefined && !headers.has(':authority')) headers.set(':authority', host);
  headers.remove('host');
  const crumbs = headers.getAll('cookie');
  if (crumbs.length > 1) headers.set('cookie', crumbs.join('; '));
  return headers;
}

function toHeaderObject(headers: HeaderMap): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of headers.entries()) {
    const known = result[name];
    result[name] = known === undefined ? value : typeof known === 'string' ? [known, value] : [...known, value];
  }
  return result;
}
