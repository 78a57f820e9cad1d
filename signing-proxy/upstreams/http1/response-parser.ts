import {
  allowsKeepAlive,
  findFramingHeaders,
  parseContentLength,
  type FramingHeaders,
} from '../../http1/framing-headers.ts';
import { Http1SyntaxError } from '../../http1/http1-syntax-error.ts';
import { MessageParser, type BodyFraming } from '../../http1/message-parser.ts';
import { parseFields } from '../../http1/parse-fields.ts';

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

/** Envoy's `max_response_headers_kb` (60) and `max_headers_count` (100). */
const MAX_HEAD_BYTES = 60 * 1024;
const MAX_HEADERS = 100;
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n]*)?(?:\r\n|$)/;
const PROTOCOL = Buffer.from('HTTP/1.', 'latin1');

/** Parses the responses of one HTTP/1.1 connection, one request at a time. What is no response is an {@link Http1SyntaxError}. */
export class ResponseParser {
  readonly #handler: ResponseHandler;
  readonly #parser: MessageParser;
  #isHead = false;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
    this.#parser = new MessageParser(
      {
        onHead: (head) => this.#onHead(head),
        onPartialHead: checkStart,
        onBody: (chunk) => handler.onBody(chunk),
        onEnd: (trailers) => handler.onEnd(trailers),
      },
      MAX_HEAD_BYTES,
    );
  }

  /** Expects the response to a request of this method. */
  start(method: string): void {
    this.#isHead = method === 'HEAD';
    this.#parser.start();
  }

  /** @throws Http1SyntaxError */
  push(bytes: Buffer): void {
    this.#parser.push(bytes);
    if (this.#parser.isDone && this.#parser.pendingBytes > 0)
      throw new Http1SyntaxError('bytes after the end of the response');
  }

  /** The connection has ended. Returns whether that is where the response ends, too. */
  end(): boolean {
    return this.#parser.end();
  }

  #onHead(head: string): BodyFraming | 'interim' {
    const [statusLine, minor, digits] = STATUS_LINE.exec(head) ?? [];
    if (statusLine === undefined) throw new Http1SyntaxError(`not a status line: ${JSON.stringify(head.slice(0, 80))}`);
    const headers = parseFields(head, statusLine.length);
    if (headers.length / 2 > MAX_HEADERS) throw new Http1SyntaxError('too many response headers');
    const status = Number(digits);
    if (status >= 100 && status < 200 && status !== 101) return 'interim';
    const framingHeaders = findFramingHeaders(headers);
    const framing = this.#chooseFraming(status, framingHeaders);
    const keepsAlive = framing !== 'until-close' && allowsKeepAlive(framingHeaders, minor === '1' ? '1.1' : '1.0');
    this.#handler.onHead({ status, headers, isUpgrade: status === 101, keepsAlive });
    return framing;
  }

  #chooseFraming(status: number, headers: FramingHeaders): BodyFraming {
    const framing = findFraming(headers);
    if (status === 101) return 'until-close';
    return this.#isHead || status === 204 || status === 304 ? 0 : framing;
  }
}

function findFraming({ transferEncoding, contentLengths }: FramingHeaders): BodyFraming {
  const [length] = contentLengths;
  if (transferEncoding !== undefined && length !== undefined)
    throw new Http1SyntaxError("both 'Content-Length' and 'Transfer-Encoding' are set.");
  if (transferEncoding !== undefined) return isChunked(transferEncoding) ? 'chunked' : 'until-close';
  if (length === undefined) return 'until-close';
  const bytes = contentLengths.every((other) => other === length) ? parseContentLength(length) : undefined;
  if (bytes === undefined) throw new Http1SyntaxError('content-length is not one number');
  return bytes;
}

function isChunked(transferEncoding: string): boolean {
  return transferEncoding.split(',').at(-1)?.trim().toLowerCase() === 'chunked';
}

/** Tells garbage from a slow start: TLS spoken to a plain client never completes a line. */
function checkStart(bytes: Buffer): void {
  const shared = Math.min(PROTOCOL.length, bytes.length);
  if (!bytes.subarray(0, shared).equals(PROTOCOL.subarray(0, shared)))
    throw new Http1SyntaxError('not an HTTP/1 response');
}
