import type { Duplex, Readable } from 'node:stream';
import type { RequestHead } from '#core/http-message.ts';
import { IncomingBody } from '../incoming-body.ts';
import { joinChunks } from '../../http1/join-chunks.ts';
import { writeMessage } from '../../http1/write-message.ts';
import type { DownstreamInfo } from '../../listeners/types.ts';
import type { DownstreamResponse, DownstreamStream } from '../codec.ts';
import { HeaderMap } from '../header-map.ts';
import { encodeResponseHead } from './encode-response-head.ts';
import type { ParsedRequest } from './request-parser.ts';

/** The connection that a stream is on. */
export interface Http1StreamOwner {
  readonly stream: Duplex;
  readonly downstream: DownstreamInfo;
  /** Whether it takes no more requests. */
  readonly isDraining: boolean;
  /** Reads on after a body had no room left. */
  resume(): void;
  /** The answer has left. */
  onAnswered(): void;
}

/** One request of an HTTP/1 connection, and its answer. */
export class Http1Stream implements DownstreamStream {
  readonly received: RequestHead;
  readonly headers: HeaderMap;
  readonly #owner: Http1StreamOwner;
  readonly #hasBody: boolean;
  readonly #keepsAlive: boolean;
  /** What came of the body before the request was handed out. */
  #early: Buffer[] = [];
  #body: Readable | Buffer | undefined;
  #trailers: HeaderMap | undefined;
  #isHandedOut = false;
  #isComplete = false;
  #mustClose = false;
  #isClosed = false;
  #onReceived: ((bytes: number) => void) | undefined;
  #onClosed: ((isComplete: boolean) => void) | undefined;

  constructor(request: ParsedRequest, owner: Http1StreamOwner) {
    this.received = request.head;
    this.headers = toHeaderMap(request.head);
    this.#owner = owner;
    this.#hasBody = request.hasBody;
    this.#keepsAlive = request.keepsAlive;
  }

  get downstream(): DownstreamInfo {
    return this.#owner.downstream;
  }

  get body(): Readable | Buffer | undefined {
    return this.#body;
  }

  get trailers(): HeaderMap | undefined {
    return this.#trailers;
  }

  /** Whether the request has arrived to its end. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get isHandedOut(): boolean {
    return this.#isHandedOut;
  }

  get closesWhenAnswered(): boolean {
    return this.#mustClose;
  }

  /** Takes a part of the request's body. False when there is no room for more. */
  receive(chunk: Buffer): boolean {
    if (!this.#isHandedOut) this.#early.push(chunk);
    else {
      this.#onReceived?.(chunk.length);
      if (this.#body instanceof IncomingBody) return this.#body.push(chunk);
    }
    return true;
  }

  complete(trailers: HeaderMap | undefined): void {
    this.#isComplete = true;
    this.#trailers = trailers;
    if (this.#body instanceof IncomingBody) this.#body.push(null);
  }

  /** Fixes what the body is: all of it, if it came with the head, or a stream. */
  handOut(): void {
    this.#isHandedOut = true;
    if (!this.#hasBody) return;
    if (this.#isComplete) this.#body = joinChunks(this.#early);
    else {
      const body = new IncomingBody(() => this.#owner.resume());
      for (const chunk of this.#early) body.push(chunk);
      this.#body = body;
    }
    this.#early = [];
  }

  onReceived(listener: (bytes: number) => void): void {
    this.#onReceived = listener;
    if (Buffer.isBuffer(this.#body)) listener(this.#body.length);
    else if (this.#body !== undefined && this.#body.readableLength > 0) listener(this.#body.readableLength);
  }

  onClosed(listener: (isComplete: boolean) => void): void {
    this.#onClosed = listener;
  }

  closeWhenAnswered(): void {
    this.#mustClose = true;
  }

  respond({ headers, body }: DownstreamResponse): void {
    const { stream } = this.#owner;
    const status = headers.get(':status');
    const hasNoBody = status === '204' || status === '304';
    const sendsBody = !hasNoBody && this.received.method !== 'HEAD';
    const isChunked = !hasNoBody && !this.#chooseLength(headers, sendsBody && body === undefined);
    this.#decideClosing(headers, sendsBody && isChunked && this.received.httpVersion === '1.0');
    if (body !== undefined && !Buffer.isBuffer(body)) {
      if (this.#isClosed) body.destroy();
      else if (!sendsBody) body.resume();
    }
    if (this.#isClosed) return;
    writeMessage(
      {
        stream,
        head: encodeResponseHead(headers),
        isChunked: sendsBody && isChunked && this.received.httpVersion === '1.1',
        body: sendsBody ? body : undefined,
      },
      (error) => (error === undefined ? this.#owner.onAnswered() : this.reset()),
    );
  }

  /** Tells the length of an answer that has none; false where it is not known. */
  #chooseLength(headers: HeaderMap, isEmpty: boolean): boolean {
    if (headers.has('content-length')) return true;
    if (isEmpty) headers.set('content-length', '0');
    else if (this.received.httpVersion === '1.1') headers.set('transfer-encoding', 'chunked');
    return isEmpty;
  }

  /** An answer that comes before the request has arrived leaves a connection that nothing can be read from. */
  #decideClosing(headers: HeaderMap, endsWithConnection: boolean): void {
    this.#mustClose ||= !this.#isComplete || !this.#keepsAlive || this.#owner.isDraining || endsWithConnection;
    if (this.#mustClose) headers.set('connection', 'close');
  }

  reset(): void {
    this.#owner.stream.destroy();
  }

  /** The answer has left, or the connection is gone. */
  close(isComplete: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isComplete && this.#body instanceof IncomingBody)
      this.#body.destroy(new Error('the connection ended before the request'));
    this.#onClosed?.(isComplete);
  }
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
