import type { HeaderMap } from '../../http/header-map.ts';

/** How the end of a request body is told. */
type BodyFraming = 'none' | 'length' | 'chunked' | 'raw';

export interface EncodedHead {
  readonly bytes: Buffer;
  readonly framing: BodyFraming;
}

/** Methods that do not need to say that they have no body (envoy header_utility.cc, requestShouldHaveNoBody). */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']);

/**
 * Writes a request head as Envoy's HTTP/1 codec does: `host` first, names in lower case, headers in their order, nothing
 * added but the framing.
 */
export function encodeRequestHead(headers: HeaderMap, hasBody: boolean): EncodedHead {
  const method = headers.get(':method') ?? 'GET';
  const framing = chooseFraming(headers, method, hasBody);
  let text = `${method} ${headers.get(':path') ?? '/'} HTTP/1.1\r\nhost: ${headers.get(':authority') ?? ''}\r\n`;
  headers.forEach((name, value) => {
    if (name !== 'transfer-encoding' && name !== 'host') text += `${name}: ${value}\r\n`;
  });
  if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
  if (framing === 'none' && !BODILESS.has(method) && !headers.has('content-length')) text += 'content-length: 0\r\n';
  return { bytes: Buffer.from(`${text}\r\n`, 'latin1'), framing };
}

function chooseFraming(headers: HeaderMap, method: string, hasBody: boolean): BodyFraming {
  if (headers.has('upgrade') || method === 'CONNECT') return 'raw';
  if (headers.has('content-length')) return 'length';
  return hasBody ? 'chunked' : 'none';
}
