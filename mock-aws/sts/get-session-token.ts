import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import type { Principal } from '../sigv4/types.ts';
import { checkConstraints } from './check-constraints.ts';
import { describeCredentials } from './describe-session.ts';
import type { StsContext } from './sts-context.ts';
import { accessDenied } from './sts-errors.ts';

const DEFAULT_SECONDS = 43_200;
const ROOT_SECONDS = 3600;

/** GetSessionToken (aws.md 3.1): a temporary key for the same user. */
export function getSessionToken(
  { iam, clock }: StsContext,
  input: GetSessionTokenRequest,
  caller: Principal,
): GetSessionTokenResponse {
  checkConstraints([{ member: 'durationSeconds', value: input.DurationSeconds, min: 900, max: 129_600 }]);
  if (caller.arn.includes(':assumed-role/')) {
    throw accessDenied('Cannot call GetSessionToken with session credentials');
  }
  const seconds = input.DurationSeconds ?? DEFAULT_SECONDS;
  const isRoot = caller.arn.endsWith(':root');
  const lifetimeMs = (isRoot ? Math.min(seconds, ROOT_SECONDS) : seconds) * 1000;
  return { Credentials: describeCredentials(iam.createSession(caller, clock.now() + lifetimeMs)) };
}
