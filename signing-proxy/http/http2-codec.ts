import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { RequestHead } from '#core/http-message.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { Codec, CodecOptions, DownstreamResponse, DownstreamStream } from './codec.ts';
import { ConnectionIdle } from './connection-idle.ts';
import { HeaderMap } from './header-map.ts';

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_INTERNAL_ERROR } = constants;

/** HTTP/2 over any byte stream: each stream becomes a request of its own. */
export function createHttp2Codec(options: CodecOptions): Codec {
  const sessions = new Map<ServerHttp2Session, SessionState>();
  const server = createServer({ maxHeaderListPairs: 1000, settings: { maxHeaderListSize: options.maxHeaderBytes } });
  let accepted: DownstreamInfo | undefined;

  server.on('session', (session) => {
    if (accepted === undefined) return;
    const idle = new ConnectionIdle(options.clock, options.idleTimeoutMs, () => session.close());
    sessions.set(session, { downstream: accepted, idle });
    session.once('close', () => {
      sessions.delete(session);
      idle.stop();
    });
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number, rawHeaders: string[]) => {
    const state = sessions.get(stream.session as ServerHttp2Session);
    if (state === undefined) return;
    state.idle.enter();
    stream.once('close', () => state.idle.leave());
    options.onStream(
      new Http2Stream(stream, state.downstream, { rawHeaders, hasBody: (flags & NGHTTP2_FLAG_END_STREAM) === 0 }),
    );
  });
  server.on('sessionError', () => undefined);

  return {
    accept(stream, downstream) {
      // The session is announced within this call.
      accepted = downstream;
      server.emit('connection', stream);
      accepted = undefined;
    },
    drain() {
      for (const session of sessions.keys()) session.close();
    },
    close() {
      for (const session of sessions.keys()) session.destroy();
    },
  };
}

interface SessionState {
  readonly downstream: DownstreamInfo;
  readonly idle: ConnectionIdle;
}

class Http2Stream implements DownstreamStream {
  readonly downstream: DownstreamInfo;
  readonly received: RequestHead;
  readonly headers: HeaderMap;
  readonly body: Readable | undefined;
  readonly #stream: ServerHttp2Stream;

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
    this.body = request.hasBody ? stream : undefined;
    // Unread, a request without a body would be reset once it is answered.
    if (this.body === undefined) stream.resume();
    // A stream that the caller resets says so here as well as on 'close'.
    stream.on('error', () => undefined);
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
