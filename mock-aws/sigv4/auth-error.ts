import type { AuthFailure } from './types.ts';

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
