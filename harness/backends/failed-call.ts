/** A call that got no answer, or half of one. */
export interface FailedCall {
  /** As in its event on the timeline. */
  readonly callId: number;
  readonly method: string;
  readonly path: string;
  readonly message: string;
}

const calls = new WeakMap<object, FailedCall>();

/** Remembers which call an error ended, and leaves the error as it is: scenarios look at its text and code. */
export function rememberFailedCall(error: unknown, call: FailedCall): void {
  if (typeof error === 'object' && error !== null) calls.set(error, call);
}

/** The call that a value was thrown by; undefined for anything else. */
export function findFailedCall(error: unknown): FailedCall | undefined {
  return typeof error === 'object' && error !== null ? calls.get(error) : undefined;
}
