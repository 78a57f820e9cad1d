import { redactRequestHead, type RequestHead } from '#core/http-message.ts';
import type { ReceivedRequest } from './sigv4/types.ts';

const SECRET_NAME = /token|proxy/i;

/**
 * A request's head as journal and timeline may keep it: without the body, session tokens hidden if it may hold one.
 *
 * Most requests carry no token, and looking for one ({@link mayHoldSecret}) costs far less than hiding what is not there.
 */
export function createShownHead(request: ReceivedRequest, holdsSecret: boolean): RequestHead {
  if (holdsSecret) return redactRequestHead(request);
  const { method, target, httpVersion, headers } = request;
  return { method, target, httpVersion, headers };
}

/** Whether a header or parameter could be one that is hidden: all have `token` or `proxy` in their names. */
export function mayHoldSecret({ headers, target }: ReceivedRequest): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (SECRET_NAME.test(headers[index] ?? '')) return true;
  }
  return target.includes('?') && SECRET_NAME.test(target);
}
