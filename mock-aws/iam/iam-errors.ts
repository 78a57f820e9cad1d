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
  return alreadyExists(`User with name ${name} already exists.`);
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

/** aws.md 4.3 (recorded). */
export function roleMissing(name: string): ServiceError {
  return noSuchEntity(`The role with name ${name} cannot be found.`);
}

/** aws.md 4.3 (recorded). */
export function roleExists(name: string): ServiceError {
  return alreadyExists(`Role with name ${name} already exists.`);
}

/** aws.md 4.3 (recorded): attached policies are looked at first. */
export function roleHasPolicies(kind: 'attached' | 'inline'): ServiceError {
  const todo = kind === 'attached' ? 'detach all policies' : 'delete policies';
  return new ServiceError({
    status: 409,
    code: 'DeleteConflict',
    message: `Cannot delete entity, must ${todo} first.`,
  });
}

/** aws.md 4.3 (recorded). */
export function rolePolicyMissing(policyName: string): ServiceError {
  return noSuchEntity(`The role policy with name ${policyName} cannot be found.`);
}

/** aws.md 4.3 (recorded): attach and get. */
export function policyNotAttachable(arn: string): ServiceError {
  return noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

/** aws.md 4.3 (recorded): detach and delete. */
export function policyNotFound(arn: string): ServiceError {
  return noSuchEntity(`Policy ${arn} was not found.`);
}

/** aws.md 4.3 (recorded). */
export function policyExists(name: string): ServiceError {
  return alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
}

/** aws.md 4.3 (recorded). */
export function policyAttached(): ServiceError {
  const message = 'Cannot delete a policy attached to entities.';
  return new ServiceError({ status: 409, code: 'DeleteConflict', message });
}

/** aws.md 4.3 (recorded). */
export function policyOfAws(): ServiceError {
  const message = 'Cannot delete policies outside your own account.';
  return new ServiceError({ status: 403, code: 'AccessDenied', message });
}

/** aws.md 4.3 (recorded): the texts of reading and deleting differ. */
export function oidcProviderMissing(arn: string, operation: 'get' | 'delete'): ServiceError {
  return noSuchEntity(
    operation === 'get'
      ? `OpenIDConnect Provider not found for arn ${arn}`
      : `OpenId connect Provider ${arn} cannot be found.`,
  );
}

/** aws.md 4.3 (recorded). */
export function oidcProviderExists(url: string): ServiceError {
  return alreadyExists(`Provider with url ${url} already exists.`);
}

/** aws.md 4.3 (recorded). */
export function oidcUrlInvalid(): ServiceError {
  return iamValidationError('Invalid Open ID Connect Provider URL');
}

/** aws.md 4.3 (recorded). */
export function oidcClientLimit(): ServiceError {
  const message = 'Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100';
  return new ServiceError({ status: 409, code: 'LimitExceeded', message });
}

/** aws.md 4.3 (recorded for the number of entries). */
export function invalidThumbprints(message = 'Thumbprint list must contain fewer than 5 entries.'): ServiceError {
  return new ServiceError({ status: 400, code: 'InvalidInput', message });
}

function alreadyExists(message: string): ServiceError {
  return new ServiceError({ status: 409, code: 'EntityAlreadyExists', message });
}
