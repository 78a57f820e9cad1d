import type { HeaderDraft, RuleOrigin } from './header-draft.ts';

// Headers that speak to the next hop only never reach the service, so a signer that signed one is refused.
// Reported: aws/mcp-proxy-for-aws#313; the signers of the AWS SDKs leave them out for that reason (aws.md 1.9).
const ORIGIN: RuleOrigin = { rule: 'hop-by-hop', evidence: 'reported' };

const HOP_BY_HOP = new Set(['connection', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Removes hop-by-hop headers. */
export function applyHopByHop(draft: HeaderDraft): void {
  draft.remove(ORIGIN, (name) => HOP_BY_HOP.has(name) || name.startsWith('proxy-'));
}
