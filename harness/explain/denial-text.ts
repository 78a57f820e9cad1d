const DENIAL = /^User: (\S+) is not authorized to perform:? (\S+)(?: on resource: (\S+?))?(?: (?:because|with) (.*))?$/;

/** AWS's denial as a sentence of ours: the signature was right, the permission is missing (aws.md 4.9). */
export function describeDenial(message = ''): string {
  const [, user, action, resource, reason] = DENIAL.exec(message.trim()) ?? [];
  if (user === undefined || action === undefined) {
    const told = message.trim().replace(/\.$/, '');
    return `The signature was accepted, and its key may not do this${told === '' ? '' : `: ${told}`}.`;
  }
  const place = resource === undefined ? '' : ` on ${resource}`;
  return `The signature was accepted, but ${user} may not do ${action}${place}${reason === undefined ? '' : `: ${reason}`}.`;
}

const FIXES: readonly (readonly [reason: RegExp, fix: string])[] = [
  [
    /explicit deny in an? ([a-z -]+ policy|permissions boundary)/,
    'take the Deny out of the $1, or its condition that holds',
  ],
  [
    /no resource-based policy/,
    'allow it on the resource: aws lambda add-permission for the account or role that calls',
  ],
  [
    /no permissions boundary/,
    "allow the action in the permissions boundary as well: a boundary limits what the identity's policies allow",
  ],
  [/no session policy/, 'allow the action in the session policy that was given when the role was assumed'],
  [/no service control policy/, 'allow the action in the service control policies of the account'],
  [/no role trust policy/, "name the caller in the role's trust policy"],
  [/sts:AssumeRole/, "name the caller in the role's trust policy, and allow sts:AssumeRole in the caller's own"],
];

export function findDenialFix(message: string): string {
  const found = FIXES.map(([reason, fix]) => ({ match: reason.exec(message), fix })).find(
    ({ match }) => match !== null,
  );
  if (found !== undefined) return found.fix.replace('$1', found.match?.[1] ?? 'policy');
  const [, user = 'the identity that signs', action = 'the action', resource] = DENIAL.exec(message.trim()) ?? [];
  return `allow ${action}${resource === undefined ? '' : ` on ${resource}`} in a policy of ${user}`;
}
