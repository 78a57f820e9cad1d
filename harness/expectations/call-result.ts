import type { CallResult } from '../backends/backend.ts';
import { findFailedCall, type FailedCall } from '../backends/failed-call.ts';

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

/** The call that a value is the answer of, or was thrown by; undefined for anything else. */
export function findCall(value: unknown): CallResult | FailedCall | undefined {
  return isCallResult(value) ? value : findFailedCall(value);
}

/** `GET /cat`. */
export function describeCall(result: Pick<CallResult, 'method' | 'path'>): string {
  return `${result.method} ${result.path}`;
}
