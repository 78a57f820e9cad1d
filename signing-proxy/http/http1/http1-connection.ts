import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timer } from '#core/clock.ts';
import type { DownstreamInfo, DrainReason } from '../../listeners/types.ts';
import type { CodecOptions } from '../codec.ts';
import { ConnectionIdle } from '../connection-idle.ts';
import { HeaderMap } from '../header-map.ts';
import { Http1Stream, type Http1StreamOwner } from './http1-stream.ts';
import { RequestParser, type ParsedRequest } from './request-parser.ts';
import { RequestRefusedError } from './request-refused-error.ts';

/** How much of later requests is kept in memory while one is being answered. */
const MAX_PIPELINED_BYTES = 65_536;

/** A caller's HTTP/1 connection: one request at a time, in their order, as Envoy serves them. */
export class Http1Connection implements Http1StreamOwner {
  readonly stream: Duplex;
  readonly downstream: DownstreamInfo;
  readonly #options: CodecOptions;
  readonly #idle: ConnectionIdle;
  readonly #parser: RequestParser;
  #current: Http1Stream | undefined;
  #headTimer: Timer | undefined;
  #isDraining = false;
  /** Nothing more is read. */
  #isOver = false;

  constructor(stream: Duplex, downstream: DownstreamInfo, options: CodecOptions) {
    this.stream = stream;
    this.downstream = downstream;
    this.#options = options;
    this.#idle = new ConnectionIdle(options.clock, options.idleTimeoutMs, () => stream.end());
    this.#parser = new RequestParser(
      {
        onHead: (request) => this.#onHead(request),
        onBody: (chunk) => this.#onBody(chunk),
        onEnd: (trailers) => this.#current?.complete(this.#keepTrailers(trailers)),
      },
      options,
    );
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    stream.on('error', () => {});
    stream.once('close', () => this.#onClose());
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Takes no more requests after the next answer; without one under way a proxy that stops ends the connection. */
  drain(reason: DrainReason): void {
    this.#isDraining = true;
    if (reason === 'stopping' && this.#current === undefined) this.stream.end();
  }

  resume(): void {
    this.stream.resume();
  }

  onAnswered(): void {
    const answered = this.#current;
    if (answered === undefined) return;
    this.#current = undefined;
    this.#idle.leave();
    answered.close(true);
    if (answered.closesWhenAnswered || this.#isDraining) this.#finish();
    else {
      this.stream.resume();
      this.#parse(() => this.#parser.next());
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#current === undefined) this.#limitHead();
    this.#parse(() => this.#parser.push(chunk));
    if (this.#current?.isComplete === true && this.#parser.pendingBytes > MAX_PIPELINED_BYTES) this.stream.pause();
  }

  #parse(parse: () => void): void {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) throw error;
      return this.#refuse(error);
    }
    const current = this.#current;
    if (current === undefined || current.isHandedOut) return;
    current.handOut();
    this.#options.onStream(current);
  }

  /** Starts a timer with the first byte of a head; the request that comes of it stops it. */
  #limitHead(): void {
    const { clock, requestHeadersTimeoutMs } = this.#options;
    if (requestHeadersTimeoutMs <= 0 || this.#headTimer !== undefined) return;
    this.#headTimer = clock.setTimer(requestHeadersTimeoutMs, () =>
      this.#refuse(new RequestRefusedError(408, 'request header timeout')),
    );
  }

  #onHead(request: ParsedRequest): void {
    this.#headTimer?.cancel();
    this.#headTimer = undefined;
    this.#idle.enter();
    this.#current = new Http1Stream(request, this);
    // Envoy answers this expectation itself; others are passed on.
    if (
      request.head.httpVersion === '1.1' &&
      /(?:^|\W)100-continue(?:$|\W)/i.test(this.#current.headers.get('expect') ?? '')
    )
      this.stream.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #onBody(chunk: Buffer): void {
    if (this.#current?.receive(chunk) === false) this.stream.pause();
  }

  /** They are dropped unless a listener wants them, as by an Envoy. */
  #keepTrailers(trailers: readonly string[]): HeaderMap | undefined {
    return trailers.length > 0 && this.#options.keepsTrailers ? HeaderMap.fromRaw(trailers) : undefined;
  }

  /** Answers outside of any request's life what cannot be parsed, or is not served; nothing more is read. */
  #refuse({ status, body }: RequestRefusedError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#current?.isHandedOut === true) return void this.stream.destroy();
    const { clock, serverName } = this.#options;
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-length: ${body.length}`,
      ...(body === '' ? [] : ['content-type: text/plain']),
      `date: ${new Date(clock.now()).toUTCString()}`,
      `server: ${serverName}`,
      'connection: close',
    ];
    this.stream.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    this.#finish();
  }

  /** Closes once everything written has left. */
  #finish(): void {
    this.#isOver = true;
    this.stream.end(() => this.stream.destroy());
  }

  /** A caller who closes his side has gone, as Envoy sees it. */
  #onEnd(): void {
    if (this.#current === undefined) this.stream.end();
    else this.stream.destroy();
  }

  #onClose(): void {
    this.#isOver = true;
    this.#idle.stop();
    this.#headTimer?.cancel();
    const current = this.#current;
    this.#current = undefined;
    current?.close(false);
  }
}
