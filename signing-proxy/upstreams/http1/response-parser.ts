/** What a parser tells, in order: one head, chunks of body, one end. Interim (1xx) responses are left out. */
export interface ResponseHandler {
  onHead(head: ParsedHead): void;
  onBody(chunk: Buffer): void;
  /** `trailers` is empty unless the body was chunked and had some. */
  onEnd(trailers: readonly string[]): void;
}

export interface ParsedHead {
  readonly status: number;
  /** Name and value in turn, as received. */
  readonly headers: readonly string[];
  /** Whether the connection can carry another request after this response. */
  readonly keepsAlive: boolean;
  /** `101 Switching Protocols`: what follows is not HTTP. */
  readonly isUpgrade: boolean;
}

/** A response that is not HTTP/1: Envoy answers 502 with `protocol error`. */
export class ResponseSyntaxError extends Error {
  override readonly name = 'ResponseSyntaxError';
}

/** Envoy's `max_response_headers_kb` (60) and `max_headers_count` (100). */
const MAX_HEAD_BYTES = 60 * 1024;
const MAX_HEADERS = 100;
const MAX_CHUNK_LINE_BYTES = 4096;
const CRLF = Buffer.from('\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/;

type State =
  'head' | 'body-by-length' | 'body-until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'done';

/**
 * Parses the responses of one HTTP/1.1 connection, one request at a time, from bytes in any cut.
 *
 * Own code because Node's parser can only be had with `node:http`'s client around it, which adds headers, reorders them
 * and times on the machine's clock.
 */
export class ResponseParser {
  readonly #handler: ResponseHandler;
  #pending: Buffer = Buffer.alloc(0);
  #state: State = 'done';
  #isHead = false;
  #left = 0;
  #trailers: string[] = [];

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  /** Whether no response is expected. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Expects the response to a request of this method. */
  start(method: string): void {
    this.#isHead = method === 'HEAD';
    this.#state = 'head';
    this.#trailers = [];
  }

  /** @throws ResponseSyntaxError */
  push(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#step());
    if (this.isDone && this.#pending.length > 0) throw new ResponseSyntaxError('bytes after the end of the response');
  }

  /** The connection has ended. Returns whether that is where the response ends, too. */
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
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end === -1 ? this.#pending.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES)
      throw new ResponseSyntaxError('response headers are too large');
    if (end === -1) {
      checkStart(this.#pending);
      return false;
    }
    const [statusLine = '', ...lines] = this.#take(end + 4)
      .toString('latin1', 0, end)
      .split('\r\n');
    const [, minor, digits] = STATUS_LINE.exec(statusLine) ?? [];
    if (digits === undefined)
      throw new ResponseSyntaxError(`not a status line: ${JSON.stringify(statusLine.slice(0, 80))}`);
    const headers = parseFields(lines);
    const status = Number(digits);
    if (status >= 100 && status < 200 && status !== 101) return true;
    this.#startBody(status, minor === '1', headers);
    return true;
  }

  #startBody(status: number, isHttp11: boolean, headers: readonly string[]): void {
    const framing = findFraming(headers);
    const isUpgrade = status === 101;
    const hasNoBody = this.#isHead || status === 204 || status === 304;
    const untilClose = isUpgrade || (!hasNoBody && framing.kind === 'until-close');
    this.#handler.onHead({ status, headers, isUpgrade, keepsAlive: !untilClose && keepsAlive(headers, isHttp11) });
    if (isUpgrade) this.#state = 'body-until-close';
    else if (hasNoBody) this.#finish();
    else if (framing.kind === 'chunked') this.#state = 'chunk-size';
    else if (framing.kind === 'until-close') this.#state = 'body-until-close';
    else if (framing.length === 0) this.#finish();
    else this.#expect('body-by-length', framing.length);
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
    if (size === undefined) throw new ResponseSyntaxError(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`);
    const length = Number.parseInt(size, 16);
    if (length === 0) this.#state = 'trailers';
    else this.#expect('chunk-data', length);
    return true;
  }

  #readChunkEnd(): boolean {
    if (this.#pending.length < 2) return false;
    if (!this.#take(2).equals(CRLF)) throw new ResponseSyntaxError('a chunk does not end where its size says');
    this.#state = 'chunk-size';
    return true;
  }

  #readTrailers(): boolean {
    const line = this.#takeLine();
    if (line === undefined) return false;
    if (line === '') this.#finish();
    else this.#trailers.push(...parseFields([line]));
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
    if (end === -1 ? this.#pending.length > MAX_CHUNK_LINE_BYTES : end > MAX_CHUNK_LINE_BYTES)
      throw new ResponseSyntaxError('a line is too long');
    return end === -1 ? undefined : this.#take(end + 2).toString('latin1', 0, end);
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    return taken;
  }
}

type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

function findFraming(headers: readonly string[]): Framing {
  const codings = valuesOf(headers, 'transfer-encoding');
  const lengths = new Set(valuesOf(headers, 'content-length'));
  if (codings.length > 0 && lengths.size > 0)
    throw new ResponseSyntaxError("both 'Content-Length' and 'Transfer-Encoding' are set.");
  if (codings.length > 0) return { kind: isChunked(codings) ? 'chunked' : 'until-close' };
  const [length] = lengths;
  if (length === undefined) return { kind: 'until-close' };
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) throw new ResponseSyntaxError('content-length is not one number');
  return { kind: 'length', length: Number(length) };
}

function isChunked(codings: readonly string[]): boolean {
  return codings.at(-1)?.split(',').at(-1)?.trim().toLowerCase() === 'chunked';
}

function keepsAlive(headers: readonly string[], isHttp11: boolean): boolean {
  const options = valuesOf(headers, 'connection')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((option) => option.trim());
  return isHttp11 ? !options.includes('close') : options.includes('keep-alive');
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
}

function parseFields(lines: readonly string[]): string[] {
  if (lines.length > MAX_HEADERS) throw new ResponseSyntaxError('too many response headers');
  const fields: string[] = [];
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined || /[\0\r\n]/.test(value))
      throw new ResponseSyntaxError(`not a header: ${JSON.stringify(line.slice(0, 80))}`);
    fields.push(name, value);
  }
  return fields;
}

/** Tells garbage from a slow start: TLS spoken to a plain client never completes a line. */
function checkStart(bytes: Buffer): void {
  const wanted = Buffer.from('HTTP/1.', 'latin1');
  const shared = Math.min(wanted.length, bytes.length);
  if (!bytes.subarray(0, shared).equals(wanted.subarray(0, shared)))
    throw new ResponseSyntaxError('not an HTTP/1 response');
}
