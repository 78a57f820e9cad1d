import type { ServiceFamily } from './types.ts';
import type { AuthFailure } from './auth-error.ts';

/** What an answer says besides its text. A code is absent where the answer carries no error at all. */
export interface FailureCode {
  readonly status: number;
  readonly code: string | undefined;
}

type FailureClass =
  'bare' | 'page' | 'redirect' | 'query' | 'missing' | 'incomplete' | 'signature' | 'token' | 'expired' | 'payload';

const CLASSES: Readonly<Record<AuthFailure, FailureClass>> = {
  'path-malformed': 'bare',
  'get-root': 'redirect',
  'content-type-unsuitable': 'page',
  'query-malformed': 'query',
  'no-auth': 'missing',
  'auth-header-and-query': 'signature',
  'algorithm-unsupported': 'incomplete',
  'auth-part-without-equals': 'incomplete',
  'auth-params-missing': 'incomplete',
  'query-params-missing': 'incomplete',
  'host-not-signed': 'signature',
  'date-unreadable': 'incomplete',
  'signature-expired': 'signature',
  'signature-not-yet-current': 'signature',
  'credential-parts': 'incomplete',
  'scope-wrong': 'signature',
  'token-invalid': 'token',
  'token-expired': 'expired',
  'key-unknown': 'token',
  'key-inactive': 'token',
  'token-missing': 'token',
  'signature-mismatch': 'signature',
  'payload-hash-mismatch': 'payload',
};

/** aws.md 1.3. On Lambda a malformed query string was never seen; its code there is assumed. */
const CODES: Readonly<Record<FailureClass, Readonly<Record<ServiceFamily, FailureCode>>>> = {
  bare: { query: { status: 400, code: undefined }, 'rest-json': { status: 400, code: undefined } },
  page: { query: { status: 403, code: undefined }, 'rest-json': { status: 403, code: undefined } },
  redirect: { query: { status: 302, code: undefined }, 'rest-json': { status: 302, code: undefined } },
  query: {
    query: { status: 400, code: 'MalformedQueryString' },
    'rest-json': { status: 400, code: 'MalformedQueryStringException' },
  },
  missing: {
    query: { status: 403, code: 'MissingAuthenticationToken' },
    'rest-json': { status: 403, code: 'MissingAuthenticationTokenException' },
  },
  incomplete: {
    query: { status: 400, code: 'IncompleteSignature' },
    'rest-json': { status: 403, code: 'IncompleteSignatureException' },
  },
  signature: {
    query: { status: 403, code: 'SignatureDoesNotMatch' },
    'rest-json': { status: 403, code: 'InvalidSignatureException' },
  },
  token: {
    query: { status: 403, code: 'InvalidClientTokenId' },
    'rest-json': { status: 403, code: 'UnrecognizedClientException' },
  },
  expired: {
    query: { status: 403, code: 'ExpiredToken' },
    'rest-json': { status: 403, code: 'ExpiredTokenException' },
  },
  payload: {
    query: { status: 400, code: 'XAmzContentSHA256Mismatch' },
    'rest-json': { status: 400, code: 'XAmzContentSHA256Mismatch' },
  },
};

/** Status and code of a failure in one family of services. */
export function getFailureCode(failure: AuthFailure, family: ServiceFamily): FailureCode {
  return CODES[CLASSES[failure]][family];
}
