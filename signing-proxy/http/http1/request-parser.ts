import { METHODS } from 'node:http';
import { getHeader, type RequestHead } from '#core/http-message.ts';
import {
  allowsKeepAlive,
  findFramingHeaders,
  parseContentLength,
  type FramingHeaders,
} from '../../http1/framing-headers.ts';
import { HeadTooLargeError, Http1SyntaxError } from '../../http1/http1-syntax-error.ts';
import { MessageParser, type BodyFraming } from '../../http1/message-parser.ts';
import { parseFields } from '../../http1/parse-fields.ts';
import { RequestRefusedError } from './request-refused-error.ts';

export interface RequestLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly acceptsHttp10: boolean;
}

export interface RequestHandler {
  onHead(request: ParsedRequest): void;
  onBody(chunk: Buffer): void;
  /** `trailers` is empty unless the body was chunked and had some. */
  onEnd(trailers: readonly string[]): void;
}

export interface ParsedRequest {
  readonly head: RequestHead;
  readonly hasBody: boolean;
  /** Whether the connection may carry another request after this one. */
  readonly keepsAlive: boolean;
}

const KNOWN_METHODS = new Set(METHODS);
const REQUEST_LINE = /^([A-Z-]+) +([\x21-\x7e]+)(?: +([^\r\n]*))?(?:\r\n|$)/;
/** What a request line may begin with as long as it is not complete. */
const REQUEST_LINE_START = /^([A-Z-]{1,32})(?: |$)/;
/** The characters of nghttp2_check_authority. */
const AUTHORITY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]%]*$/;
const TARGET = /^(?:[/*]|https?:\/\/)/i;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

/**
 * Parses the requests of one connection. It refuses what Envoy refuses before the connection manager sees a request (told by
 * comparing with a stock Envoy), and every form that two parsers may read in two ways.
 */
export class RequestParser {
  readonly #handler: RequestHandler;
  readonly #limits: RequestLimits;
  readonly #parser: MessageParser;

  constructor(handler: RequestHandler, limits: RequestLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#parser = new MessageParser(
      {
        onHead: (head) => this.#onHead(head),
        onPartialHead: checkPartialHead,
        onBody: (chunk) => handler.onBody(chunk),
        onEnd: (trailers) => handler.onEnd(trailers),
      },
      limits.maxHeaderBytes,
    );
    this.#parser.start();
  }

  /** How many bytes wait, for the rest of a head or for {@link next}. */
  get pendingBytes(): number {
    return this.#parser.pendingBytes;
  }

  /** Parses up to the end of a request. @throws RequestRefusedError */
  push(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (error instanceof HeadTooLargeError) throw new RequestRefusedError(431);
      throw error instanceof Http1SyntaxError ? new RequestRefusedError(400) : error;
    }
  }

  /** Goes on to the next request. @throws RequestRefusedError */
  next(): void {
    this.#parser.start();
    this.push(NOTHING);
  }

  #onHead(text: string): BodyFraming | 'interim' {
    const start = skipEmptyLines(text);
    if (start === text.length) return 'interim';
    const match = REQUEST_LINE.exec(start === 0 ? text : text.slice(start));
    if (match === null) throw refuseRequestLine(text.slice(start));
    const [line, method = '', target = '', protocol] = match;
    if (!KNOWN_METHODS.has(method)) throw new RequestRefusedError(400);
    const httpVersion = readVersion(protocol);
    const headers = parseFields(text, start + line.length);
    const framingHeaders = findFramingHeaders(headers);
    const framing = findFraming(framingHeaders);
    const head: RequestHead = { method, target, httpVersion, headers };
    this.#check(head, framingHeaders);
    const hasBody = framing !== 0;
    this.#handler.onHead({ head, hasBody, keepsAlive: allowsKeepAlive(framingHeaders, httpVersion) });
    return framing;
  }

  #check({ method, target, httpVersion, headers }: RequestHead, { transferEncoding }: FramingHeaders): void {
    // Envoy has no route for CONNECT unless one is configured for it.
    if (method === 'CONNECT') throw new RequestRefusedError(404, '');
    if (httpVersion === '1.0' && !this.#limits.acceptsHttp10) throw new RequestRefusedError(426);
    if (headers.length / 2 > this.#limits.maxHeaderCount) throw new RequestRefusedError(431);
    // Anything but plain chunks is a body whose end two proxies may see in two places.
    if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked')
      throw new RequestRefusedError(501);
    if (!TARGET.test(target) || !AUTHORITY.test(getHeader(headers, 'host') ?? '')) throw new RequestRefusedError(400);
  }
}

const NOTHING = Buffer.alloc(0);

/** Those that a careless caller sends behind a body (RFC 9112 2.2). */
function skipEmptyLines(text: string): number {
  let start = 0;
  while (text.charCodeAt(start) === CARRIAGE_RETURN && text.charCodeAt(start + 1) === LINE_FEED) start += 2;
  return start;
}

/** A line that ends in a line feed alone after its version is an unknown version to Node's parser, and to Envoy's. */
function refuseRequestLine(text: string): RequestRefusedError {
  return new RequestRefusedError(/^[A-Z-]+ +[\x21-\x7e]+ +HTTP\/1\.[01]\n/.test(text) ? 426 : 400);
}

/** A line without a protocol is one of HTTP/0.9. */
function readVersion(protocol: string | undefined): '1.0' | '1.1' {
  if (protocol === 'HTTP/1.1') return '1.1';
  if (protocol === 'HTTP/1.0') return '1.0';
  throw new RequestRefusedError(protocol === undefined || protocol.startsWith('HTTP/') ? 426 : 400);
}

function findFraming({ transferEncoding, contentLengths }: FramingHeaders): BodyFraming {
  const [length] = contentLengths;
  if (transferEncoding !== undefined && length !== undefined) throw new RequestRefusedError(400);
  if (transferEncoding !== undefined) return 'chunked';
  if (length === undefined) return 0;
  const bytes = contentLengths.length === 1 ? parseContentLength(length) : undefined;
  if (bytes === undefined) throw new RequestRefusedError(400);
  return bytes;
}

/** Tells garbage from a slow start: TLS spoken to a plain server never completes a head, nor does a line without CR. */
function checkPartialHead(bytes: Buffer): void {
  const text = bytes.toString('latin1').replace(/^[\r\n]+/, '');
  if (text === '') return;
  if (/^[^\r]*\n/.test(text)) throw refuseRequestLine(text);
  if (/[^\r]\n/.test(text)) throw new RequestRefusedError(400);
  const method = REQUEST_LINE_START.exec(text)?.[1];
  if (method === undefined || (text.length > method.length && !KNOWN_METHODS.has(method)))
    throw new RequestRefusedError(400);
}
