import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { RequestHead } from '#core/http-message.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { DownstreamResponse, DownstreamStream } from './codec.ts';
import { HeaderMap } from './header-map.ts';
import { IncomingBody } from './incoming-body.ts';

const { NGHTTP2_INTERNAL_ERROR } = constants;

/** One request of an HTTP/2 connection, and its answer. */
export class Http2Stream implements DownstreamStream {
  readonly downstream: DownstreamInfo;
  readonly received: RequestHead;
  readonly headers: HeaderMap;
  readonly #stream: ServerHttp2Stream;
  readonly #hasBody: boolean;
  #body: Readable | Buffer | undefined;
  #trailers: HeaderMap | undefined;
  #isClosed = false;
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
    this.#hasBody = request.hasBody;
    stream.once('trailers', (_headers: unknown, _flags: number, raw: string[]) => {
      this.#trailers = HeaderMap.fromRaw(raw);
    });
    // A stream that the caller resets says so here as well as on 'close'.
    stream.on('error', () => undefined);
    stream.once('close', () => (this.#isClosed = true));
  }

  get body(): Readable | Buffer | undefined {
    return this.#body;
  }

  /** Calls once it is known what the body is: all of it, if it came with the head, or a stream. */
  handOut(take: (stream: this) => void): void {
    const stream = this.#stream;
    if (!this.#hasBody) {
      // Unread, a request without a body would be reset once it is answered.
      stream.resume();
      return take(this);
    }
    const early = stream.read() as Buffer | null;
    // Node tells on the next tick that what was read is all.
    process.nextTick(() => {
      this.#body = stream.readableEnded ? (early ?? Buffer.alloc(0)) : this.#receive(early);
      take(this);
    });
  }

  /** A stream of its own, since listening to Node's would start it before anybody wants the body. */
  #receive(early: Buffer | null): Readable {
    const stream = this.#stream;
    const body = new IncomingBody(() => void stream.resume());
    const breakOff = () => body.readableEnded || body.destroy(new Error('the caller reset the stream'));
    if (early !== null) body.push(early);
    stream.on('data', (chunk: Buffer) => {
      this.#onReceived?.(chunk.length);
      if (!body.push(chunk)) stream.pause();
    });
    stream.once('end', () => body.push(null));
    if (this.#isClosed) breakOff();
    else stream.once('close', breakOff);
    return body;
  }

  get trailers(): HeaderMap | undefined {
    return this.#trailers;
  }

  onReceived(listener: (bytes: number) => void): void {
    this.#onReceived = listener;
    const bytes = Buffer.isBuffer(this.#body) ? this.#body.length : (this.#body?.readableLength ?? 0);
    if (bytes > 0) listener(bytes);
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
    const tell = () => listener(this.#stream.rstCode === 0);
    if (this.#isClosed) process.nextTick(tell);
    else this.#stream.once('close', tell);
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
