import { HeadTooLargeError, Http1SyntaxError } from './http1-syntax-error.ts';
import { parseFields } from './parse-fields.ts';

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type BodyFraming = number | 'chunked' | 'until-close';

/** What a parser tells, in order: a head, chunks of body, an end. Its methods may throw an {@link Http1SyntaxError}. */
export interface MessageHandler {
  /** Takes a head without the empty line behind it. `interim` expects another one. */
  onHead(head: string): BodyFraming | 'interim';
  /** Takes what is there of a head that is not complete, to refuse what cannot become one. */
  onPartialHead(bytes: Buffer): void;
  onBody(chunk: Buffer): void;
  /** Name and value in turn; empty unless the body was chunked and had trailers. */
  onEnd(trailers: readonly string[]): void;
}

const MAX_LINE_BYTES = 4096;
const MAX_TRAILERS = 100;
const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/;
const NOTHING = Buffer.alloc(0);

type State =
  'head' | 'body-by-length' | 'body-until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'done';

/**
 * Parses the messages of one HTTP/1 connection, one at a time, from bytes in any cut.
 *
 * Own code because Node's parser can only be had with the server and client of `node:http` around it, which add headers,
 * reorder them, time on the machine's clock, and cost more than all the rest of a proxied request.
 */
export class MessageParser {
  readonly #handler: MessageHandler;
  readonly #maxHeadBytes: number;
  #pending: Buffer = NOTHING;
  #state: State = 'done';
  #left = 0;
  #trailers: string[] = [];

  constructor(handler: MessageHandler, maxHeadBytes: number) {
    this.#handler = handler;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** Whether no message is expected. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** How many bytes wait for the rest of a line, or for the next message to be expected. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /** Expects a message. Bytes that are there already are parsed with the next ones, which may be none. */
  start(): void {
    this.#state = 'head';
    this.#trailers = [];
  }

  /** Parses up to the end of the message that is expected; bytes behind it are kept. @throws Http1SyntaxError */
  push(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#step());
  }

  /** The connection has ended. Returns whether that is where the message ends, too. */
  end(): boolean {
    if (this.#state !== 'body-until-close') return this.isDone;
    this.#finish();
    return true;
  }

  /** Takes one step; false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'body-by-length':
      case 'chunk-data':
        return this.#readCounted();
      case 'body-until-close':
        return this.#readAll();
      case 'chunk-size':
        return this.#readChunkSize();
      case 'chunk-end':
        return this.#readChunkEnd();
      case 'trailers':
        return this.#readTrailers();
      case 'done':
        return false;
    }
  }

  #readHead(): boolean {
    if (this.#pending.length === 0) return false;
    const end = this.#pending.indexOf(HEAD_END);
    if ((end === -1 ? this.#pending.length : end) > this.#maxHeadBytes) throw new HeadTooLargeError();
    if (end === -1) {
      this.#handler.onPartialHead(this.#pending);
      return false;
    }
    const head = this.#pending.toString('latin1', 0, end);
    this.#skip(end + HEAD_END.length);
    const framing = this.#handler.onHead(head);
    if (framing === 'interim') return true;
    if (framing === 'chunked') this.#state = 'chunk-size';
    else if (framing === 'until-close') this.#state = 'body-until-close';
    else if (framing === 0) this.#finish();
    else this.#expect('body-by-length', framing);
    return true;
  }

  #readCounted(): boolean {
    if (this.#pending.length === 0) return false;
    const chunk = this.#take(Math.min(this.#left, this.#pending.length));
    this.#left -= chunk.length;
    this.#handler.onBody(chunk);
    if (this.#left > 0) return false;
    if (this.#state === 'chunk-data') this.#state = 'chunk-end';
    else this.#finish();
    return true;
  }

  #readAll(): boolean {
    if (this.#pending.length > 0) this.#handler.onBody(this.#take(this.#pending.length));
    return false;
  }

  #readChunkSize(): boolean {
    const line = this.#takeLine();
    if (line === undefined) return false;
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new Http1SyntaxError(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`);
    const length = Number.parseInt(size, 16);
    if (length === 0) this.#state = 'trailers';
    else this.#expect('chunk-data', length);
    return true;
  }

  #readChunkEnd(): boolean {
    if (this.#pending.length < 2) return false;
    if (!this.#take(2).equals(CRLF)) throw new Http1SyntaxError('a chunk does not end where its size says');
    this.#state = 'chunk-size';
    return true;
  }

  #readTrailers(): boolean {
    const line = this.#takeLine();
    if (line === undefined) return false;
    if (line === '') this.#finish();
    else this.#trailers.push(...parseFields(line, 0));
    if (this.#trailers.length / 2 > MAX_TRAILERS) throw new Http1SyntaxError('too many trailers');
    return true;
  }

  #expect(state: State, length: number): void {
    this.#state = state;
    this.#left = length;
  }

  #finish(): void {
    this.#state = 'done';
    this.#handler.onEnd(this.#trailers);
  }

  #takeLine(): string | undefined {
    const end = this.#pending.indexOf(CRLF);
    if ((end === -1 ? this.#pending.length : end) > MAX_LINE_BYTES) throw new Http1SyntaxError('a line is too long');
    return end === -1 ? undefined : this.#take(end + 2).toString('latin1', 0, end);
  }

  #take(length: number): Buffer {
    const taken = length === this.#pending.length ? this.#pending : this.#pending.subarray(0, length);
    this.#skip(length);
    return taken;
  }

  #skip(length: number): void {
    this.#pending = length === this.#pending.length ? NOTHING : this.#pending.subarray(length);
  }
}
