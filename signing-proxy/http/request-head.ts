import type { RequestHead } from '#core/http-message.ts';
import type { HeaderMap } from './header-map.ts';

/** The head as it goes on an HTTP/1 wire: target and `host` taken from the pseudo headers. */
export function toRequestHead(headers: HeaderMap, httpVersion: RequestHead['httpVersion'] = '1.1'): RequestHead {
  return {
    method: headers.get(':method') ?? '',
    target: headers.get(':path') ?? '',
    httpVersion,
    headers: ['host', headers.get(':authority') ?? '', ...headers.toRaw()],
  };
}
