import type { CredentialScope } from '#mock-aws/sigv4/credential-scope.ts';
import type { AuthFailure } from '#mock-aws/sigv4/auth-error.ts';
import type { Cause } from './cause.ts';
import type { CauseFacts } from './cause-text.ts';
import type { KeyHistory } from './key-history.ts';

/** A request that AWS refused before it compared signatures. */
export interface RefusalInput {
  readonly failure: Exclude<AuthFailure, 'signature-mismatch'> | 'reserved-header';
  /** AWS's text. */
  readonly message?: string;
  readonly accessKeyId?: string;
  readonly signedBy?: string;
  /** Why a signer let the request pass unsigned, if it did. */
  readonly unsigned?: { readonly source: string; readonly reason: string };
  /** What the ledger of access keys says; absent when there is none. */
  readonly keyHistory?: KeyHistory;
  /** The scope sent, and what the endpoint serves. */
  readonly scope?: CredentialScope;
  readonly endpoint?: { readonly region: string; readonly service: string };
}

/** Names the cause of a refusal: the check that failed says it, the ledger and the signer's events say why. */
export function explainRefusal(input: RefusalInput): { readonly cause: Cause; readonly facts: CauseFacts } {
  const { message, accessKeyId, signedBy } = input;
  const facts: CauseFacts = {
    ...(message === undefined ? {} : { message: message.trim() }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(signedBy === undefined ? {} : { signedBy }),
  };
  switch (input.failure) {
    case 'no-auth':
      return explainUnsigned(input, facts);
    case 'key-unknown':
    case 'key-inactive':
      return explainKey(input, facts);
    case 'scope-wrong':
      return explainScope(input, facts);
    case 'signature-expired':
    case 'signature-not-yet-current':
      return { cause: 'clock-skew', facts };
    case 'token-invalid':
      return { cause: 'session-token-invalid', facts };
    case 'token-expired':
      return { cause: 'session-token-expired', facts };
    case 'token-missing':
      return { cause: 'session-token-missing', facts };
    case 'reserved-header':
    case 'host-not-signed':
    case 'date-unreadable':
      return { cause: input.failure, facts };
    case 'payload-hash-mismatch':
      return { cause: 'payload-hash', facts };
    case 'path-malformed':
    case 'query-malformed':
    case 'get-root':
    case 'content-type-unsuitable':
      return { cause: 'malformed-request', facts };
    case 'auth-header-and-query':
    case 'algorithm-unsupported':
    case 'auth-part-without-equals':
    case 'auth-params-missing':
    case 'query-params-missing':
    case 'credential-parts':
      return { cause: 'malformed-authorization', facts };
  }
}

function explainUnsigned({ unsigned }: RefusalInput, facts: CauseFacts): { cause: Cause; facts: CauseFacts } {
  if (unsigned === undefined) return { cause: 'not-signed', facts };
  return { cause: 'no-credentials', facts: { ...facts, signedBy: unsigned.source, message: unsigned.reason } };
}

function explainKey({ keyHistory, failure }: RefusalInput, facts: CauseFacts): { cause: Cause; facts: CauseFacts } {
  const { message: _, ...withoutText } = facts;
  const told = keyHistory?.told === undefined ? withoutText : { ...withoutText, message: keyHistory.told };
  switch (keyHistory?.state) {
    case 'inactive':
      return { cause: 'access-key-inactive', facts: told };
    case 'deleted':
      return { cause: 'access-key-deleted', facts: told };
    case 'active':
      return { cause: 'access-key-not-yet-known', facts: withoutText };
    case 'unknown':
    case undefined:
      return { cause: failure === 'key-inactive' ? 'access-key-inactive' : 'access-key-unknown', facts: withoutText };
  }
}

function explainScope({ scope, endpoint }: RefusalInput, facts: CauseFacts): { cause: Cause; facts: CauseFacts } {
  if (scope === undefined) return { cause: 'wrong-region', facts };
  if (endpoint === undefined) return { cause: 'wrong-region', facts: { ...facts, signed: scope.region } };
  if (scope.service !== endpoint.service) {
    return { cause: 'wrong-service', facts: { ...facts, signed: scope.service, checked: endpoint.service } };
  }
  if (scope.region !== endpoint.region) {
    return { cause: 'wrong-region', facts: { ...facts, signed: scope.region, checked: endpoint.region } };
  }
  return { cause: scope.terminator === 'aws4_request' ? 'wrong-date' : 'malformed-authorization', facts };
}
