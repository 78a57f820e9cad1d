import type { HeaderDraft } from './header-draft.ts';
import type { EdgePolicy, EdgeRefusal } from './types.ts';

// Reported: envoyproxy/envoy#45609 (aws.md 1.9). Gateways that forward what API Gateway or a function URL sent them
// to Lambda hit this; the error type of the answer was not recorded.
const RESERVED = [
  'x-amzn-cipher-suite',
  'x-amzn-tls-version',
  'x-amzn-vpc-id',
  'x-amzn-vpce-config',
  'x-amzn-vpce-id',
] as const;

/** What Lambda answers, before anything else, to a request that carries a private-link header. */
export function findReservedHeaderRefusal(draft: HeaderDraft, policy: EdgePolicy): EdgeRefusal | undefined {
  if (policy.service !== 'lambda' || !RESERVED.some((name) => draft.has(name))) return undefined;
  return {
    status: 403,
    code: undefined,
    message:
      'The request includes reserved HTTP headers. Reserved headers are required only for Lambda private link requests.',
  };
}
