import type { AwsFailure } from './errors.ts';

/**
 * An operation's own refusal, on its way to the one place that writes it.
 *
 * Stores throw it, so that a scenario that calls them directly sees an exception with AWS's code and text; the server
 * turns {@link ServiceError.failure} into bytes, and it crosses a socket in no other form.
 */
export class ServiceError extends Error {
  readonly failure: AwsFailure;

  constructor(failure: AwsFailure) {
    super(failure.message ?? failure.code ?? String(failure.status));
    this.name = 'ServiceError';
    this.failure = failure;
  }

  /** The code on the wire: `NoSuchEntity`, `ResourceNotFoundException`. */
  get code(): string | undefined {
    return this.failure.code;
  }
}
