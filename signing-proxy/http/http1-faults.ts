import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { CodecOptions } from './codec.ts';

/** An answer to a request that Node's parser takes and Envoy's codec does not. */
export interface Http1Fault {
  readonly status: number;
  readonly body: string;
}

/** The characters of nghttp2_check_authority. */
const AUTHORITY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]%]*$/;
const FOREIGN_SCHEME = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i;

/** Finds what Envoy refuses before the connection manager sees a request; told by comparing with a stock Envoy. */
export function findHttp1Fault(request: IncomingMessage, options: CodecOptions): Http1Fault | undefined {
  if (request.httpVersion !== '1.1' && !(request.httpVersion === '1.0' && options.acceptsHttp10)) return fault(426);
  if (request.rawHeaders.length / 2 > options.maxHeaderCount) return fault(431);
  const coding = request.headers['transfer-encoding'];
  // Anything but plain chunks is a body whose end two proxies may see in two places.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return fault(501);
  if (!AUTHORITY.test(request.headers.host ?? '') || FOREIGN_SCHEME.test(request.url ?? '')) return fault(400);
  return undefined;
}

function fault(status: number): Http1Fault {
  return { status, body: STATUS_CODES[status] ?? '' };
}
