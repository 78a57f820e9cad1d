import type { GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import type { AwsCall, AwsService } from '../aws-call.ts';
import { createQueryService } from '../query-service.ts';

/** STS (aws.md 3.1). GetCallerIdentity needs a signature and no permission. */
export function createStsService(): AwsService {
  return createQueryService({
    service: 'sts',
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: { GetCallerIdentity: getCallerIdentity },
  });
}

function getCallerIdentity(_input: object, { caller }: AwsCall): GetCallerIdentityResponse {
  return { UserId: caller.userId, Account: caller.accountId, Arn: caller.arn };
}
