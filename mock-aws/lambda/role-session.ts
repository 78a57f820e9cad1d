import type { Instant } from '#core/clock.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { LambdaFunction } from './lambda-function.ts';
import type { RoleCredentials } from './process-variables.ts';

/** Lambda renews a function's credentials before they end; a process of this mock lives shorter than they do. */
const SESSION_LIFE_MS = 12 * 60 * 60_000;

/**
 * The session of a function's role, named after the function (aws.md 3.1). A role that IAM does not know is not limited by
 * policies, since there are none to read.
 */
export function createRoleSession(iam: IamStore, lambdaFunction: LambdaFunction, now: Instant): RoleCredentials {
  const { name, role } = lambdaFunction;
  const known = iam.roles.findByArn(role);
  if (known !== undefined)
    return iam.createRoleSession({ role: known, sessionName: name, lifetimeMs: SESSION_LIFE_MS });
  const accountId = role.split(':')[4] ?? '';
  const roleName = role.slice(role.lastIndexOf('/') + 1);
  const arn = `arn:aws:sts::${accountId}:assumed-role/${roleName}/${name}`;
  return iam.createSession({ arn, accountId, userId: `${iam.createRoleId()}:${name}` }, now + SESSION_LIFE_MS);
}
