import { ServiceError } from '../service-error.ts';
import type { Principal } from '../sigv4/types.ts';

export function stsValidationError(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'ValidationError', message });
}

/** aws.md 3.2: whatever is wrong with a token but its age. */
export function invalidIdentityToken(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'InvalidIdentityToken', message });
}

/** aws.md 3.2 rows 8 and 9. */
export function webTokenExpired(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'ExpiredTokenException', message });
}

/** aws.md 3.2 row 5; the text is that of the service's model. */
export function issuerUnreachable(): ServiceError {
  const message =
    'The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached.';
  return new ServiceError({ status: 400, code: 'IDPCommunicationError', message });
}

/** aws.md 3.2 row 11: the one answer to a role that is not there and to every condition that fails. */
export function webIdentityDenied(): ServiceError {
  return accessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity');
}

/** aws.md 3.3: either side, or no such role. */
export function assumeRoleDenied(caller: Principal, roleArn: string): ServiceError {
  return accessDenied(`User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);
}

export function accessDenied(message: string): ServiceError {
  return new ServiceError({ status: 403, code: 'AccessDenied', message });
}

/** The model documents the error; the wording is the one users show. */
export function packedPolicyTooLarge(percent: number): ServiceError {
  const message = `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`;
  return new ServiceError({ status: 400, code: 'PackedPolicyTooLarge', message });
}

/** aws.md 3.3. */
export function invalidTags(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'InvalidParameterValue', message });
}
