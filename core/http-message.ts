/** Names and values in turn, in the order and case received: the form of Node's `rawHeaders`. */
export type RawHeaders = readonly string[];

/** The first line and the headers of a request, exactly as they were on the wire. */
export interface RequestHead {
  readonly method: string;
  /** The raw request target: path and query, not decoded, not normalised. */
  readonly target: string;
  readonly httpVersion: '1.0' | '1.1' | '2';
  readonly headers: RawHeaders;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: RawHeaders;
}

const SECRET_HEADERS = new Set(['x-amz-security-token', 'x-aws-ec2-metadata-token', 'proxy-authorization']);

/** Calls `visit` with the lower-cased name and the value as received, in order. */
export function forEachHeader(headers: RawHeaders, visit: (lowerCaseName: string, value: string) => void): void {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    visit((headers[index] ?? '').toLowerCase(), headers[index + 1] ?? '');
  }
}

/** Every value of a header, in order; names compare case-blind. */
export function getHeaderValues(headers: RawHeaders, name: string): string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  forEachHeader(headers, (header, value) => {
    if (header === wanted) values.push(value);
  });
  return values;
}

/** The first value of a header, or undefined. */
export function getHeader(headers: RawHeaders, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === wanted) return headers[index + 1];
  }
  return undefined;
}

/** The same headers with session tokens hidden, for events and logs. */
export function redactHeaders(headers: RawHeaders): RawHeaders {
  return headers.map((text, index) => {
    if (index % 2 === 0) return text;
    return SECRET_HEADERS.has((headers[index - 1] ?? '').toLowerCase()) ? '(hidden)' : text;
  });
}

/** The same head with session tokens hidden in headers, and tokens of either kind in the query. */
export function redactRequestHead(head: RequestHead): RequestHead {
  return {
    method: head.method,
    target: head.target.replace(/([?&](?:X-Amz-Security-Token|WebIdentityToken)=)[^&]*/gi, '$1(hidden)'),
    httpVersion: head.httpVersion,
    headers: redactHeaders(head.headers),
  };
}
