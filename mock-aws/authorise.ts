import { ServiceError } from './service-error.ts';
import type { Principal } from './sigv4/types.ts';

/** What a caller wants to do, in the words of a policy. */
export interface WantedAction {
  /** `lambda:InvokeFunction` */
  readonly action: string;
  readonly resourceArn: string;
  readonly accountId: string;
}

/**
 * Step 17 of aws.md 1.4: after the signature, before input is validated and existence is looked at.
 *
 * There are no policies yet: every active key may do everything in its own account. Another account's resource needs
 * that account's resource policy (aws.md 4.7), and there is none either.
 *
 * @throws ServiceError `AccessDeniedException` with the text of aws.md 4.9
 */
export function authorise(caller: Principal, wanted: WantedAction): void {
  if (wanted.accountId === caller.accountId) return;
  const { action, resourceArn } = wanted;
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resourceArn} because no resource-based policy allows the ${action} action`;
  throw new ServiceError({ status: 403, code: 'AccessDeniedException', message, member: 'Message' });
}
