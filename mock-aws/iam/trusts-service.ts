import type { Instant } from '#core/clock.ts';
import { evaluatePolicies } from '../policy/evaluate-policies.ts';
import { createTimeContext } from '../policy/time-context.ts';
import type { IamRole } from './role-store.ts';

/** Whether a role's trust policy lets a service of AWS, such as `ec2.amazonaws.com`, assume it. */
export function trustsService(role: IamRole, service: string, now: Instant): boolean {
  const decision = evaluatePolicies([role.trustPolicy], {
    action: 'sts:AssumeRole',
    resource: undefined,
    principal: { type: 'Service', names: [service] },
    context: new Map(createTimeContext(now)),
  });
  return decision === 'allowed';
}
