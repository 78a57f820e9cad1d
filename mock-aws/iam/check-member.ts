import type { ServiceError } from '../service-error.ts';
import { iamValidationError } from './iam-errors.ts';

const NAME = /^[\w+=,.@-]+$/;
const MAX_NAME_LENGTH = 64;

/**
 * A name of a user or a role: 1 to 64 characters (aws.md 4).
 *
 * @throws ServiceError `ValidationError`
 */
export function checkName(member: string, name: string | undefined): string {
  if (name !== undefined && NAME.test(name) && name.length <= MAX_NAME_LENGTH) return name;
  const constraint =
    name !== undefined && name.length > MAX_NAME_LENGTH
      ? `Member must have length less than or equal to ${MAX_NAME_LENGTH}`
      : String.raw`Member must satisfy regular expression pattern: [\w+=,.@-]+`;
  throw constraintFailed(member, constraint);
}

/** IAM leaves the value out (aws.md 4.3). */
export function constraintFailed(member: string, constraint: string): ServiceError {
  return iamValidationError(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
