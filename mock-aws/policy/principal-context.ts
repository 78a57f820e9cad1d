import type { Instant } from '#core/clock.ts';
import type { Principal } from '../sigv4/types.ts';
import { createTimeContext } from './time-context.ts';

/** The condition keys that say who asks and when (aws.md 4.8). */
export function createPrincipalContext(caller: Principal, now: Instant): [key: string, value: string][] {
  const { arn, accountId, userId, session } = caller;
  const context = createTimeContext(now);
  context.push(
    // For a session it is the role's (aws.md 4.8: `aws:PrincipalArn`).
    ['aws:principalarn', session?.roleArn ?? arn],
    ['aws:principalaccount', accountId],
    ['aws:userid', userId],
  );
  if (arn.includes(':user/')) context.push(['aws:username', arn.slice(arn.lastIndexOf('/') + 1)]);
  if (session !== undefined) context.push(['aws:tokenissuetime', new Date(session.issuedAt).toISOString()]);
  return context;
}
