import type { Clock } from '#core/clock.ts';
import type { IamStore } from './iam/iam-store.ts';
import { evaluatePolicies } from './policy/evaluate-policies.ts';
import { createPrincipalContext } from './policy/principal-context.ts';
import type { Principal } from './sigv4/types.ts';

/** What a caller wants to do, in the words of a policy. */
export interface WantedAction {
  /** `lambda:InvokeFunction` */
  readonly action: string;
  readonly resourceArn: string;
  readonly accountId: string;
}

/** Which policies stand in the way of an action, and how. */
export type Denial =
  'no-resource-policy' | 'no-identity-policy' | 'no-session-policy' | 'identity-deny' | 'session-deny';

/** Says what keeps a caller from doing something; undefined when nothing does. */
export type FindDenial = (caller: Principal, wanted: WantedAction) => Denial | undefined;

/**
 * Step 17 of aws.md 1.4: after the signature, before input is validated and existence is looked at.
 *
 * Sessions of roles that IAM knows may do what the policies of role and session allow (aws.md 4.7). Users have no policies
 * in this mock and may do everything in their own account. Another account's resource needs that account's resource
 * policy, and there is none.
 */
export function createFindDenial(iam: IamStore, clock: Clock): FindDenial {
  return (caller, { action, resourceArn: resource, accountId }) => {
    if (accountId !== caller.accountId) return 'no-resource-policy';
    if (caller.session === undefined) return undefined;
    const { roleArn, policies } = caller.session;
    const request = { action, resource, context: new Map(createPrincipalContext(caller, clock.now())) };
    const role = iam.roles.findByArn(roleArn);
    const identity = evaluatePolicies(role === undefined ? [] : iam.roles.listPolicies(role), request);
    if (identity === 'explicit-deny') return 'identity-deny';
    // A session without policies of its own is not limited by them.
    const session = policies.length === 0 ? 'allowed' : evaluatePolicies(policies, request);
    if (session === 'explicit-deny') return 'session-deny';
    if (identity === 'implicit-deny') return 'no-identity-policy';
    return session === 'implicit-deny' ? 'no-session-policy' : undefined;
  };
}

/** The sentence of aws.md 4.9. */
export function describeDenial(caller: Principal, { action, resourceArn }: WantedAction, denial: Denial): string {
  return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resourceArn} ${describeReason(denial, action)}`;
}

function describeReason(denial: Denial, action: string): string {
  switch (denial) {
    case 'identity-deny':
      return 'with an explicit deny in an identity-based policy';
    case 'session-deny':
      return 'with an explicit deny in a session policy';
    case 'no-identity-policy':
      return `because no identity-based policy allows the ${action} action`;
    case 'no-session-policy':
      return `because no session policy allows the ${action} action`;
    case 'no-resource-policy':
      return `because no resource-based policy allows the ${action} action`;
  }
}
