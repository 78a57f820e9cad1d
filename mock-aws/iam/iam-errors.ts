import { ServiceError } from '../service-error.ts';

/** aws.md 4.3 (recorded). */
export function userMissing(name: string): ServiceError {
  return noSuchEntity(`The user with name ${name} cannot be found.`);
}

/** aws.md 4.3 (recorded). */
export function accessKeyMissing(accessKeyId: string): ServiceError {
  return noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
}

/** aws.md 4.3 (recorded). */
export function userExists(name: string): ServiceError {
  return new ServiceError({
    status: 409,
    code: 'EntityAlreadyExists',
    message: `User with name ${name} already exists.`,
  });
}

/** aws.md 4.3 (recorded); inactive keys count. */
export function accessKeyLimit(): ServiceError {
  return new ServiceError({
    status: 409,
    code: 'LimitExceeded',
    message: 'Cannot exceed quota for AccessKeysPerUser: 2',
  });
}

/** aws.md 4.3 (recorded): the user still has access keys. */
export function userHasKeys(): ServiceError {
  const message = 'Cannot delete entity, must remove referenced objects first.';
  return new ServiceError({ status: 409, code: 'DeleteConflict', message });
}

/** aws.md 4.2 (recorded): an unknown key reads as a missing permission, without a colon after "perform". */
export function lastUsedDenied(callerArn: string, accessKeyId: string): ServiceError {
  const message = `User: ${callerArn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${accessKeyId}`;
  return new ServiceError({ status: 403, code: 'AccessDenied', message });
}

/** aws.md 4.2 (recorded). */
export function userNameNeeded(): ServiceError {
  return iamValidationError('Must specify userName when calling with non-User credentials');
}

export function iamValidationError(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'ValidationError', message });
}

function noSuchEntity(message: string): ServiceError {
  return new ServiceError({ status: 404, code: 'NoSuchEntity', message });
}
