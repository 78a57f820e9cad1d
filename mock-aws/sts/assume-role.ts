import type { AssumeRoleRequest, AssumeRoleResponse, Tag } from '@aws-sdk/client-sts';
import type { IamRole } from '../iam/role-store.ts';
import { evaluatePolicies } from '../policy/evaluate-policies.ts';
import { createPrincipalContext } from '../policy/principal-context.ts';
import type { PolicyContext } from '../policy/types.ts';
import type { Principal } from '../sigv4/types.ts';
import { describeAssumedRole, describeCredentials } from './describe-session.ts';
import { checkSessionRequest, getDurationSeconds, readSessionPolicies } from './session-request.ts';
import type { StsContext } from './sts-context.ts';
import { accessDenied, assumeRoleDenied, invalidTags, stsValidationError } from './sts-errors.ts';

const CHAINED_SECONDS = 3600;

/** AssumeRole (aws.md 3.1, 3.3, 4.7). */
export function assumeRole(context: StsContext, input: AssumeRoleRequest, caller: Principal): AssumeRoleResponse {
  checkSessionRequest(input);
  checkTags(input);
  if (caller.arn.endsWith(':root')) throw accessDenied('Roles may not be assumed by root accounts.');
  const role = context.iam.roles.findByArn(input.RoleArn ?? '');
  if (role === undefined || !isAllowed(context, { input, caller, role })) {
    throw assumeRoleDenied(caller, input.RoleArn ?? '');
  }
  checkDuration(getDurationSeconds(input), caller, role);
  const { policies, packedPercent } = readSessionPolicies(context.iam, input);
  const sessionName = input.RoleSessionName ?? '';
  const lifetimeMs = getDurationSeconds(input) * 1000;
  const session = context.iam.createRoleSession({ role, sessionName, lifetimeMs, policies });
  return {
    Credentials: describeCredentials(session),
    AssumedRoleUser: describeAssumedRole(session),
    ...(packedPercent !== undefined && { PackedPolicySize: packedPercent }),
    ...(input.SourceIdentity !== undefined && { SourceIdentity: input.SourceIdentity }),
  };
}

interface Attempt {
  readonly input: AssumeRoleRequest;
  readonly caller: Principal;
  readonly role: IamRole;
}

/**
 * In one account a trust policy that names the caller is enough; one that names the account leaves it to the caller's own
 * policies (aws.md 4.7). A Deny on either side wins.
 */
function isAllowed({ clock, findDenial }: StsContext, { input, caller, role }: Attempt): boolean {
  const context = createContext(input, caller, clock.now());
  const asks = (names: readonly string[]) =>
    evaluatePolicies([role.trustPolicy], {
      action: 'sts:AssumeRole',
      resource: undefined,
      principal: { type: 'AWS', names },
      context,
    });
  const own = caller.session === undefined ? [caller.arn] : [caller.arn, caller.session.roleArn];
  const account = [`arn:aws:iam::${caller.accountId}:root`, caller.accountId];
  const decision = asks([...own, ...account]);
  if (decision !== 'allowed') return false;
  const denial = findDenial(caller, { action: 'sts:AssumeRole', resourceArn: role.arn, accountId: caller.accountId });
  return denial === undefined || (denial === 'no-identity-policy' && asks(own) === 'allowed');
}

function createContext(input: AssumeRoleRequest, caller: Principal, now: number): PolicyContext {
  const tags = input.Tags ?? [];
  const context = new Map<string, string | readonly string[]>(createPrincipalContext(caller, now));
  context.set('sts:rolesessionname', input.RoleSessionName ?? '');
  if (input.ExternalId !== undefined) context.set('sts:externalid', input.ExternalId);
  if (input.SourceIdentity !== undefined) context.set('sts:sourceidentity', input.SourceIdentity);
  for (const { Key: key = '', Value: value = '' } of tags) context.set(`aws:requesttag/${key.toLowerCase()}`, value);
  if (tags.length > 0)
    context.set(
      'aws:tagkeys',
      tags.map(({ Key: key = '' }) => key),
    );
  return context;
}

function checkTags({ Tags: tags, TransitiveTagKeys: transitive }: AssumeRoleRequest): void {
  const keys = (tags ?? []).map(({ Key: key }: Tag) => key?.toLowerCase() ?? '');
  if (new Set(keys).size < keys.length) {
    throw invalidTags('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if ((transitive ?? []).some((key) => !keys.includes(key.toLowerCase()))) {
    throw invalidTags('The specified transitive tag key must be included in the requested tags.');
  }
}

/** Chained: the caller is a session itself, of whatever kind (aws.md 3.3). */
function checkDuration(seconds: number, caller: Principal, role: IamRole): void {
  if (caller.arn.includes(':assumed-role/') && seconds > CHAINED_SECONDS) {
    throw stsValidationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw stsValidationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
}
