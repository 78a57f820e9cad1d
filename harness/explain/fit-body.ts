/** A body, and what was done to it. */
export interface FittedBody {
  readonly body: Uint8Array;
  /** A sentence when the body is not the bytes given. */
  readonly repair?: string;
}

/**
 * Undoes what editors and pipes do to the end of a pasted body, and nothing else.
 *
 * - `Content-Length` equals the body: the bytes stay.
 * - The body is longer by one line ending: that line ending is left out.
 * - The body is shorter by one byte: one line feed is added.
 * - The body has CRLF and its length with LF is the one announced: it is read with LF.
 * - No `Content-Length`, and the body is line endings only: there is no body.
 */
export function fitBody(bytes: Uint8Array, contentLength: string | undefined): FittedBody {
  const text = Buffer.from(bytes).toString('latin1');
  if (contentLength === undefined) {
    return /^(\r?\n)+$/.test(text) ? { body: new Uint8Array(0) } : { body: bytes };
  }
  if (!/^\d+$/.test(contentLength)) return { body: bytes };
  return fitToLength(bytes, text, Number(contentLength));
}

function fitToLength(bytes: Uint8Array, text: string, length: number): FittedBody {
  if (text.length === length) return { body: bytes };
  if (/^(\r\n|\n|\r)$/.test(text.slice(length))) {
    return {
      body: bytes.subarray(0, length),
      repair: `one line ending after the body left out (content-length: ${length})`,
    };
  }
  if (text.length + 1 === length) {
    return {
      body: Buffer.from(`${text}\n`, 'latin1'),
      repair: `one line feed added to the body (content-length: ${length})`,
    };
  }
  const withLineFeeds = text.replaceAll('\r\n', '\n');
  if (withLineFeeds.length === length || withLineFeeds === `${withLineFeeds.slice(0, length)}\n`) {
    return {
      body: Buffer.from(withLineFeeds.slice(0, length), 'latin1'),
      repair: `line endings of the body read as LF (content-length: ${length})`,
    };
  }
  return {
    body: bytes,
    repair: `content-length says ${length} bytes, the body has ${text.length}; the body was used as it is`,
  };
}
