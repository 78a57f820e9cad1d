import type { RawHeaders } from '#core/http-message.ts';

/** What the headers of a message say about its end and that of its connection, as received. */
export interface FramingHeaders {
  /** Several are joined with commas. */
  readonly transferEncoding: string | undefined;
  readonly contentLengths: readonly string[];
  /** In lower case. */
  readonly connection: readonly string[];
}

const NONE: readonly string[] = [];

export function findFramingHeaders(headers: RawHeaders): FramingHeaders {
  let transferEncoding: string | undefined;
  let contentLengths = NONE;
  let connection = NONE;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? '';
    const name = findName(headers[index] ?? '');
    if (name === 'transfer-encoding')
      transferEncoding = transferEncoding === undefined ? value : `${transferEncoding}, ${value}`;
    else if (name === 'content-length') contentLengths = [...contentLengths, value];
    else if (name === 'connection') connection = [...connection, ...splitTokens(value)];
  }
  return { transferEncoding, contentLengths, connection };
}

/** The length of a name rules out nearly all of them. */
function findName(name: string): string | undefined {
  const { length } = name;
  return length === 10 || length === 14 || length === 17 ? name.toLowerCase() : undefined;
}

function splitTokens(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
}

/** A length in bytes. @returns undefined unless it is one number of at most 15 digits */
export function parseContentLength(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
