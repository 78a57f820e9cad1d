import type {
  AssumeRoleRequest,
  AssumeRoleWithWebIdentityRequest,
  GetCallerIdentityResponse,
  GetSessionTokenRequest,
} from '@aws-sdk/client-sts';
import type { AwsCall, AwsService } from '../aws-call.ts';
import { createQueryService } from '../query-service.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';
import { writeExponents } from './expiration-format.ts';
import { getSessionToken } from './get-session-token.ts';
import type { StsContext } from './sts-context.ts';

export interface StsServiceOptions extends StsContext {
  /** Whether a JSON answer writes `Expiration` as `1.7671968E9`. Asked for each answer. */
  writesExponents(): boolean;
}

/** STS (aws.md 3). GetCallerIdentity needs a signature and no permission; a web identity needs no signature. */
export function createStsService(options: StsServiceOptions): AwsService {
  return createQueryService({
    service: 'sts',
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    anonymous: new Set(['AssumeRoleWithWebIdentity']),
    adaptJson: (json) => (options.writesExponents() ? writeExponents(json) : json),
    operations: {
      GetCallerIdentity: getCallerIdentity,
      AssumeRole: (input: AssumeRoleRequest, { caller }: AwsCall) => assumeRole(options, input, caller),
      AssumeRoleWithWebIdentity: (input: AssumeRoleWithWebIdentityRequest) => assumeRoleWithWebIdentity(options, input),
      GetSessionToken: (input: GetSessionTokenRequest, { caller }: AwsCall) => getSessionToken(options, input, caller),
    },
  });
}

function getCallerIdentity(_input: object, { caller }: AwsCall): GetCallerIdentityResponse {
  return { UserId: caller.userId, Account: caller.accountId, Arn: caller.arn };
}
