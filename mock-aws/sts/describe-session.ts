import type { AssumedRoleUser, Credentials } from '@aws-sdk/client-sts';
import type { RoleSessionKey } from '../iam/iam-store.ts';

/** Times of STS have whole seconds. */
export function describeCredentials(key: RoleSessionKey): Credentials {
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken,
    Expiration: new Date(Math.floor(key.sessionExpiresAt / 1000) * 1000),
  };
}

export function describeAssumedRole({ principal }: RoleSessionKey): AssumedRoleUser {
  return { AssumedRoleId: principal.userId, Arn: principal.arn };
}
