import { ServiceError } from '../service-error.ts';

/** The answer's `Reason` when an invocation finds no free concurrency (aws.md 2.5). */
export type ThrottleReason = 'ConcurrentInvocationLimitExceeded' | 'ReservedFunctionConcurrentInvocationLimitExceeded';

/** `Message` with a capital, as aws.md 2.7 lists it for this error. */
export function resourceNotFound(message: string): ServiceError {
  const details = { Type: 'User' };
  return new ServiceError({ status: 404, code: 'ResourceNotFoundException', message, member: 'Message', details });
}

export function invalidParameterValue(message: string): ServiceError {
  return userError('InvalidParameterValueException', 400, message);
}

export function resourceConflict(message: string): ServiceError {
  return userError('ResourceConflictException', 409, message);
}

export function invalidRequestContent(message: string): ServiceError {
  return userError('InvalidRequestContentException', 400, message);
}

/** Only the text, no `Type` (aws.md 2.7). */
export function requestTooLarge(message: string): ServiceError {
  return new ServiceError({ status: 413, code: 'RequestEntityTooLargeException', message });
}

/** One failed constraint in the words of the validation framework (aws.md 2.2, 2.7); `value` undefined reads `null`. */
export function constraintFailed(member: string, value: string | undefined, constraint: string): ServiceError {
  const shown = value === undefined ? 'null' : `'${value}'`;
  const message = `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${constraint}`;
  return new ServiceError({ status: 400, code: 'ValidationException', message });
}

/** aws.md 2.5 (recorded); `Retry-After` is in the SDK's model. */
export function throttled(reason: ThrottleReason): ServiceError {
  return new ServiceError({
    status: 429,
    code: 'TooManyRequestsException',
    message: 'Rate Exceeded.',
    details: { Reason: reason, Type: 'User' },
    headers: ['Retry-After', '1'],
  });
}

/** aws.md 2.1: no operation has this method and path. */
export function operationUnknown(): ServiceError {
  const message = 'Unable to determine service/operation name to be authorized';
  return new ServiceError({ status: 403, code: 'AccessDeniedException', message, member: 'Message' });
}

/** A real operation that this mock does not have: said so, instead of an answer that AWS would not give. */
export function operationNotEmulated(operation: string): ServiceError {
  const message = `meshrig does not emulate lambda:${operation}.`;
  return new ServiceError({ status: 501, code: 'NotImplementedException', message });
}

function userError(code: string, status: number, message: string): ServiceError {
  return new ServiceError({ status, code, message, details: { Type: 'User' } });
}
