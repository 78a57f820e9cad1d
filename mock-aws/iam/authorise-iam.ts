import { describeDenial, type FindDenial } from '../authorise.ts';
import { ServiceError } from '../service-error.ts';
import type { Principal } from '../sigv4/types.ts';

/** Members of a request that say what it is about. */
interface Subject {
  readonly RoleName?: string;
  readonly UserName?: string;
  readonly PolicyName?: string;
  readonly PolicyArn?: string;
  readonly OpenIDConnectProviderArn?: string;
}

/**
 * Whether a caller may call an operation of IAM.
 *
 * @throws ServiceError `AccessDenied` with the text of aws.md 4.9
 */
export function authoriseIam(findDenial: FindDenial, operation: string, call: IamCall): void {
  const { caller, input } = call;
  const resourceArn = describeResource(input, caller.accountId);
  const wanted = { action: `iam:${operation}`, resourceArn, accountId: caller.accountId };
  const denial = findDenial(caller, wanted);
  if (denial === undefined) return;
  const message = describeDenial(caller, wanted, denial);
  throw new ServiceError({ status: 403, code: 'AccessDenied', message });
}

interface IamCall {
  readonly caller: Principal;
  readonly input: Subject;
}

/** Paths are left out: a policy that names a role by its path does not meet it here. */
function describeResource(input: Subject, accountId: string): string {
  const own = (kind: string, name: string) => `arn:aws:iam::${accountId}:${kind}/${name}`;
  if (input.RoleName !== undefined) return own('role', input.RoleName);
  if (input.UserName !== undefined) return own('user', input.UserName);
  if (input.PolicyName !== undefined) return own('policy', input.PolicyName);
  return input.PolicyArn ?? input.OpenIDConnectProviderArn ?? '*';
}
