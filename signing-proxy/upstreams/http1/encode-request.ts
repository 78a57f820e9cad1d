import type { HeaderMap } from '../../http/header-map.ts';

export interface EncodedHead {
  /** With the empty line behind it. */
  readonly text: string;
  readonly isChunked: boolean;
}

/** Methods that do not need to say that they have no body (envoy header_utility.cc, requestShouldHaveNoBody). */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']);

/**
 * Writes a request head as Envoy's HTTP/1 codec does: `host` first, names in lower case, headers in their order, nothing
 * added but the framing.
 */
export function encodeRequestHead(headers: HeaderMap, hasBody: boolean): EncodedHead {
  const method = headers.get(':method') ?? 'GET';
  const isRaw = method === 'CONNECT' || headers.has('upgrade');
  const isChunked = hasBody && !isRaw && !headers.has('content-length');
  let text = `${method} ${headers.get(':path') ?? '/'} HTTP/1.1\r\nhost: ${headers.get(':authority') ?? ''}\r\n`;
  headers.forEach((name, value) => {
    if (name !== 'transfer-encoding' && name !== 'host') text += `${name}: ${value}\r\n`;
  });
  if (isChunked) text += 'transfer-encoding: chunked\r\n';
  else if (!hasBody && !isRaw && !BODILESS.has(method) && !headers.has('content-length'))
    text += 'content-length: 0\r\n';
  return { text: `${text}\r\n`, isChunked };
}
