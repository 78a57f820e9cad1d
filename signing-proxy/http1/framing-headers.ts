import type { RawHeaders } from '#core/http-message.ts';

/** What the headers of a message say about its end and that of its connection, as received. */
export interface FramingHeaders {
  /** Several are joined with commas. */
  readonly transferEncoding: string | undefined;
  readonly contentLengths: readonly string[];
  /** Several are joined with commas. */
  readonly connection: string | undefined;
}

const NONE: readonly string[] = [];

export function findFramingHeaders(headers: RawHeaders): FramingHeaders {
  let transferEncoding: string | undefined;
  let contentLengths = NONE;
  let connection: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? '';
    const name = findName(headers[index] ?? '');
    if (name === 'transfer-encoding') transferEncoding = join(transferEncoding, value);
    else if (name === 'content-length') contentLengths = [...contentLengths, value];
    else if (name === 'connection') connection = join(connection, value);
  }
  return { transferEncoding, contentLengths, connection };
}

/** The length of a name rules out nearly all of them. */
function findName(name: string): string | undefined {
  const { length } = name;
  return length === 10 || length === 14 || length === 17 ? name.toLowerCase() : undefined;
}

function join(known: string | undefined, value: string): string {
  return known === undefined ? value : `${known}, ${value}`;
}

/** Whether the connection may carry another message behind this one (RFC 9112 9.3). */
export function allowsKeepAlive({ connection = '' }: FramingHeaders, httpVersion: '1.0' | '1.1'): boolean {
  return httpVersion === '1.1' ? !CLOSE.test(connection) : KEEP_ALIVE.test(connection);
}

const CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;
const KEEP_ALIVE = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i;

/** A length in bytes. @returns undefined unless it is one number of at most 15 digits */
export function parseContentLength(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
