import { redactRequestHead, type RequestHead } from '#core/http-message.ts';
import { hideSessionToken } from './sigv4/hide-session-token.ts';
import type { ReceivedRequest } from './sigv4/types.ts';

/**
 * A request's head as journal and timeline may keep it: without the body, session tokens hidden.
 *
 * Most requests carry no token, and looking for one costs far less than hiding what is not there.
 */
export function createShownHead(request: ReceivedRequest): RequestHead {
  if (mayHoldSecret(request)) return redactRequestHead(request);
  const { method, target, httpVersion, headers } = request;
  return { method, target, httpVersion, headers };
}

/** The canonical request of a request as journal and timeline may keep it. */
export function createShownCanonicalRequest(request: ReceivedRequest, canonicalRequest: string): string {
  return mayHoldSecret(request) ? hideSessionToken(canonicalRequest) : canonicalRequest;
}

/** Lengths of the header names that {@link redactRequestHead} hides. */
const SECRET_NAME_LENGTHS = new Set([
  'x-amz-security-token'.length,
  'x-aws-ec2-metadata-token'.length,
  'proxy-authorization'.length,
]);

function mayHoldSecret({ headers, target }: ReceivedRequest): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (SECRET_NAME_LENGTHS.has(headers[index]?.length ?? 0)) return true;
  }
  return target.includes('?') && /security-token/i.test(target);
}
