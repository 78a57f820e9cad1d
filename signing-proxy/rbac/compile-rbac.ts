import { RBAC_Action, type Policy, type RBAC } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compilePermission } from './permission.ts';
import { compilePrincipal } from './principal.ts';
import type { RbacFacts, RbacPredicate } from './types.ts';

export interface RbacVerdict {
  readonly isAllowed: boolean;
  /** Envoy's response code details of a refusal. */
  readonly details: string;
}

/** Decides about a request or connection. */
export type RbacEngine = (facts: RbacFacts) => RbacVerdict;

/**
 * Compiles authorisation rules. ALLOW lets through what a policy matches, DENY what none does; policies are tried in the
 * order of their names.
 *
 * @throws ConfigError for a rule that cannot be checked: none is ever skipped
 */
export function compileRbac({ action, policies }: RBAC): RbacEngine {
  const compiled = Object.entries(policies)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, policy]) => ({ name, matches: compilePolicy(name, policy) }));
  const isAllowedOnMatch = action !== RBAC_Action.DENY;
  return (facts) => {
    const matched = compiled.find(({ matches }) => matches(facts))?.name;
    const isAllowed = action === RBAC_Action.LOG || (matched !== undefined) === isAllowedOnMatch;
    const shown = (matched ?? 'none').replaceAll(/\s/g, '_');
    return { isAllowed, details: `rbac_access_denied_matched_policy[${shown}]` };
  };
}

function compilePolicy(name: string, policy: Policy): RbacPredicate {
  if (policy.condition !== undefined || policy.checkedCondition !== undefined)
    throw new ConfigError(`RBAC policy "${name}": conditions in CEL are not supported`);
  const permissions = policy.permissions.map(compilePermission);
  const principals = policy.principals.map(compilePrincipal);
  return (facts) => permissions.some((permits) => permits(facts)) && principals.some((is) => is(facts));
}
