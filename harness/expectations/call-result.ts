import type { CallResult } from '../backends/backend.ts';

/** Whether a value is the answer of a call: the matchers about calls need one. */
export function isCallResult(value: unknown): value is CallResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'callId' in value &&
    'status' in value &&
    typeof value.callId === 'number'
  );
}

/** `GET /cat`. */
export function describeCall(result: Pick<CallResult, 'method' | 'path'>): string {
  return `${result.method} ${result.path}`;
}
