import type { PathRule, ServiceFamily } from '#mock-aws/sigv4/types.ts';

/** What a service demands of a signature, as far as its name tells (aws.md 1.1, 1.7, 1.10 and 1.13). */
export interface ServiceRules {
  readonly family: ServiceFamily;
  readonly windowMinutes: number;
  /** The path rules to try, in this order. */
  readonly pathRules: readonly PathRule[];
  /** Whether a presigned request lives as long as `X-Amz-Expires` says. */
  readonly honoursExpires: boolean;
}

const SHORT_WINDOW = new Set(['lambda', 'execute-api', 'kms', 'route53', 'monitoring', 'glacier']);
const NORMALIZED_ONLY = new Set(['lambda', 'sts', 'iam', 'execute-api']);
const RAW_ONLY = new Set(['s3', 's3-outposts', 's3-object-lambda', 's3express']);
const IGNORES_EXPIRES = new Set(['lambda', 'sts', 'iam']);

/** The rules of a service. A name that is not known may use either path rule. */
export function getServiceRules(service: string): ServiceRules {
  return {
    family: service === 'sts' || service === 'iam' ? 'query' : 'rest-json',
    windowMinutes: SHORT_WINDOW.has(service) ? 5 : 15,
    pathRules: listPathRules(service),
    honoursExpires: !IGNORES_EXPIRES.has(service),
  };
}

function listPathRules(service: string): readonly PathRule[] {
  if (NORMALIZED_ONLY.has(service)) return ['normalized'];
  return RAW_ONLY.has(service) ? ['raw'] : ['normalized', 'raw'];
}
