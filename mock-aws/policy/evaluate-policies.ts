import { matchesCondition } from './match-condition.ts';
import { matchesPattern } from './match-pattern.ts';
import type { AskingPrincipal, PatternRule, Policy, PolicyRequest, PolicyStatement, PrincipalRule } from './types.ts';

export type PolicyDecision = 'allowed' | 'explicit-deny' | 'implicit-deny';

/** What a set of policies of one kind says: a Deny anywhere wins, then any Allow (aws.md 4.7). */
export function evaluatePolicies(policies: readonly Policy[], request: PolicyRequest): PolicyDecision {
  let decision: PolicyDecision = 'implicit-deny';
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (!applies(statement, policy, request)) continue;
      if (statement.effect === 'Deny') return 'explicit-deny';
      decision = 'allowed';
    }
  }
  return decision;
}

function applies(statement: PolicyStatement, policy: Policy, request: PolicyRequest): boolean {
  const { hasVariables } = policy;
  const variables = hasVariables ? request.context : undefined;
  return (
    matchesRule(statement.action, (pattern) => matchesPattern(pattern, request.action, { ignoresCase: true })) &&
    isAboutResource(statement.resource, request, variables) &&
    isAboutPrincipal(statement.principal, request.principal) &&
    statement.conditions.every((condition) => matchesCondition(condition, { context: request.context, hasVariables }))
  );
}

function isAboutResource(
  rule: PatternRule | undefined,
  { resource }: PolicyRequest,
  variables: PolicyRequest['context'] | undefined,
): boolean {
  if (rule === undefined || resource === undefined) return true;
  return matchesRule(rule, (pattern) => matchesPattern(pattern, resource, { variables }));
}

function isAboutPrincipal(rule: PrincipalRule | undefined, asking: AskingPrincipal | undefined): boolean {
  if (rule === undefined) return true;
  if (asking === undefined) return false;
  const isNamed = rule.principals.some(({ type, value }) => {
    // A bare `*` is everybody; no other wildcard works in a principal (aws.md 4.7).
    if (type === 'AWS' && value === '*') return true;
    return type === asking.type && asking.names.includes(value);
  });
  return isNamed !== rule.isNegated;
}

function matchesRule({ patterns, isNegated }: PatternRule, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) !== isNegated;
}
