/** Everything that can be wrong with a signature, named alike in all families. */
export type AuthFailure =
  | 'path-malformed'
  | 'get-root'
  | 'content-type-unsuitable'
  | 'query-malformed'
  | 'no-auth'
  | 'auth-header-and-query'
  | 'algorithm-unsupported'
  | 'auth-part-without-equals'
  | 'auth-params-missing'
  | 'query-params-missing'
  | 'host-not-signed'
  | 'date-unreadable'
  | 'signature-expired'
  | 'signature-not-yet-current'
  | 'credential-parts'
  | 'scope-wrong'
  | 'token-invalid'
  | 'token-expired'
  | 'key-unknown'
  | 'key-inactive'
  | 'token-missing'
  | 'signature-mismatch'
  | 'payload-hash-mismatch';

/**
 * A check that failed, on its way from the step that found it to `verifyRequest`, which turns it into a verdict.
 * The message is the text AWS sends, so it never holds a secret.
 */
export class AuthError extends Error {
  readonly failure: AuthFailure;
  /** False where AWS sends no text. */
  readonly hasText: boolean;

  constructor(failure: AuthFailure, text?: string) {
    super(text ?? failure);
    this.name = 'AuthError';
    this.failure = failure;
    this.hasText = text !== undefined;
  }
}
