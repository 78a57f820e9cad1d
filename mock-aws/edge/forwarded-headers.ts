import type { HeaderDraft, RuleOrigin } from './header-draft.ts';
import type { Downstream, EdgePolicy } from './types.ts';

// Reported for API Gateway, function URLs, Bedrock and others (mhart/aws4fetch#77, aws/aws-sdk-java-v2#6369,
// agentgateway/agentgateway#1953); nobody has shown it for the Lambda API, STS or IAM, where `warn` is the default
// (aws.md 1.9).
const ORIGIN: RuleOrigin = { rule: 'forwarded-headers', evidence: 'reported' };
const UNSHOWN: RuleOrigin = { rule: 'forwarded-headers', evidence: 'assumed' };

/**
 * Writes the downstream connection into the forwarded headers, as a front end does: the peer is appended to
 * `x-forwarded-for`, port and protocol are replaced, the trace id is added or extended. With `warn`, headers that a
 * front end would change under a signature are reported and left alone.
 */
export function applyForwardedHeaders(draft: HeaderDraft, policy: EdgePolicy): void {
  const { frontEnd, downstream } = policy;
  if (frontEnd === 'none' || downstream === undefined) return;
  for (const [name, rewrite] of Object.entries(REWRITES)) {
    const value = rewrite(draft.find(name), downstream);
    if (frontEnd === 'rewrite') draft.set(name, value, ORIGIN);
    else if (isSigned(draft, name)) draft.report(name, value, UNSHOWN);
  }
}

const REWRITES: Readonly<Record<string, (value: string | undefined, downstream: Downstream) => string>> = {
  'x-forwarded-for': (value, { address }) => (value === undefined ? address : `${value}, ${address}`),
  'x-forwarded-port': (_, { port }) => String(port),
  'x-forwarded-proto': (_, { protocol }) => protocol,
  'x-amzn-trace-id': (value, { traceId }) => (value === undefined ? `Root=${traceId}` : `Self=${traceId};${value}`),
};

/** Looks at the header form only; a presigned request with signed forwarded headers has not been seen. */
function isSigned(draft: HeaderDraft, name: string): boolean {
  if (!draft.has(name)) return false;
  const list = /SignedHeaders=([^,\s]*)/.exec(draft.find('authorization') ?? '')?.[1] ?? '';
  return list.split(';').includes(name);
}
