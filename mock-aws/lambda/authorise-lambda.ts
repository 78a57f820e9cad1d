import { describeDenial, type FindDenial, type WantedAction } from '../authorise.ts';
import { ServiceError } from '../service-error.ts';
import type { Principal } from '../sigv4/types.ts';

/** @throws ServiceError `AccessDeniedException` with the text of aws.md 4.9 */
export function authoriseLambda(findDenial: FindDenial, caller: Principal, wanted: WantedAction): void {
  const denial = findDenial(caller, wanted);
  if (denial === undefined) return;
  const message = describeDenial(caller, wanted, denial);
  throw new ServiceError({ status: 403, code: 'AccessDeniedException', message, member: 'Message' });
}
