import { getHeader, getHeaderValues } from '#core/http-message.ts';
import type { ReceivedRequest } from '../sigv4/types.ts';
import { reject, type Rejection } from './rejection.ts';

/** Limits of aws.md 7, in bytes. */
const MAX_REQUEST_LINE = 16_384;
const MAX_HEADER = 16_384;
export const MAX_HEADERS = 65_536;
const MAX_FORWARDED_ADDRESSES = 30;

/** What a load balancer refuses before it looks for a target; undefined for a request that may pass. */
export function checkRequest(request: Omit<ReceivedRequest, 'body'>): Rejection | undefined {
  const { method, target, httpVersion, headers } = request;
  if (method.length + target.length + ' HTTP/1.1 '.length > MAX_REQUEST_LINE) return { status: 414 };
  if (!areHeadersShort(request)) return { status: 400 };
  if (httpVersion === '1.1' && getHeader(headers, 'host') === undefined) return { status: 400 };
  if (getHeaderValues(headers, 'transfer-encoding').some((coding) => coding.toLowerCase() !== 'chunked'))
    return { status: 501 };
  const addresses = getHeaderValues(headers, 'x-forwarded-for').flatMap((value) => value.split(','));
  if (addresses.length > MAX_FORWARDED_ADDRESSES) return { status: 463 };
  const upgrade = getHeader(headers, 'upgrade')?.toLowerCase();
  return upgrade === 'websocket' ? reject('LambdaWebsocketNotSupported') : undefined;
}

function areHeadersShort({ headers }: Pick<ReceivedRequest, 'headers'>): boolean {
  let total = 0;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const length = (headers[index] ?? '').length + (headers[index + 1] ?? '').length + ': \r\n'.length;
    if (length > MAX_HEADER) return false;
    total += length;
  }
  return total <= MAX_HEADERS;
}
