import { deflateRawSync } from 'node:zlib';
import type { IamStore } from '../iam/iam-store.ts';
import { parsePermissionPolicy } from '../policy/parse-policy.ts';
import type { Policy } from '../policy/types.ts';
import { ServiceError } from '../service-error.ts';
import { checkConstraints } from './check-constraints.ts';
import { packedPolicyTooLarge, stsValidationError } from './sts-errors.ts';

/** What AssumeRole and AssumeRoleWithWebIdentity are both asked for, in the SDK's words. */
export interface SessionRequest {
  readonly RoleArn: string | undefined;
  readonly RoleSessionName: string | undefined;
  readonly DurationSeconds?: number | undefined;
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined;
}

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 900;
const MAX_SECONDS = 43_200;
const MAX_POLICY_LENGTH = 2048;
/** Nobody outside knows how policies are packed; this is what deflating leaves room for. Assumed. */
const PACKED_BYTES = 1024;

/** @throws ServiceError `ValidationError` */
export function checkSessionRequest(request: SessionRequest, token?: string): void {
  const { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: seconds, Policy: policy } = request;
  checkConstraints([
    { member: 'roleArn', value: roleArn, min: 20, max: 2048 },
    { member: 'roleSessionName', value: sessionName, min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ },
    { member: 'webIdentityToken', value: token, min: 4, max: 20_000, isSecret: true },
    { member: 'durationSeconds', value: seconds, min: MIN_SECONDS, max: MAX_SECONDS },
    { member: 'policy', value: policy, min: 1, max: MAX_POLICY_LENGTH },
  ]);
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(roleArn ?? '')) throw stsValidationError(`${roleArn} is invalid`);
}

export function getDurationSeconds({ DurationSeconds: seconds = DEFAULT_SECONDS }: SessionRequest): number {
  return seconds;
}

export interface SessionPolicies {
  readonly policies: readonly Policy[];
  /** How much of the room they take; undefined without any. */
  readonly packedPercent: number | undefined;
}

/** @throws ServiceError `MalformedPolicyDocument`, `PackedPolicyTooLarge`, `NoSuchEntity` for an ARN of no policy */
export function readSessionPolicies(iam: IamStore, { Policy: text, PolicyArns = [] }: SessionRequest): SessionPolicies {
  const arns = (PolicyArns ?? []).map(({ arn = '' }) => arn);
  const managed = arns.map((arn) => getManagedPolicy(iam, arn));
  if (text === undefined && arns.length === 0) return { policies: [], packedPercent: undefined };
  const inline = text === undefined ? [] : [parsePermissionPolicy(text)];
  const packed = deflateRawSync([text?.replace(/\s+/g, '') ?? '', ...arns].join('\n')).length;
  const packedPercent = Math.ceil((packed * 100) / PACKED_BYTES);
  if (packedPercent > 100) throw packedPolicyTooLarge(packedPercent);
  return { policies: [...inline, ...managed], packedPercent };
}

function getManagedPolicy(iam: IamStore, arn: string): Policy {
  const found = iam.managedPolicies.find(arn);
  if (found !== undefined) return found.policy;
  throw new ServiceError({ status: 400, code: 'MalformedPolicyDocument', message: `Policy ARN ${arn} is not valid` });
}
