import type { HeaderDraft, RuleOrigin } from './header-draft.ts';
import type { EdgePolicy } from './types.ts';

// AWS's front drops the port from Host before the signature is checked, so a signer that includes ":9080" fails although
// it sent exactly what it signed. Every port goes, 80 and 443 too.
// Reported: envoyproxy/envoy#14435, #11292, #26855; opensearch-project/opensearch-net#978; s3tools/s3cmd#974. Nobody
// at AWS documents it (aws.md 1.8).
const ORIGIN: RuleOrigin = { rule: 'host-port', evidence: 'reported' };

const TRAILING_PORT = /:(\d+)[ \t]*$/;

/** Drops one trailing port from the host. `own-port` keeps the port the listener is bound to, as if it were the default. */
export function applyHostPort(draft: HeaderDraft, policy: EdgePolicy): void {
  dropPort('host', draft, policy);
  dropPort(':authority', draft, policy);
}

function dropPort(name: string, draft: HeaderDraft, policy: EdgePolicy): void {
  const host = draft.find(name);
  const match = host === undefined ? null : TRAILING_PORT.exec(host);
  if (host === undefined || match === null) return;
  if (policy.hostPolicy === 'own-port' && match[1] === String(policy.ownPort)) return;
  draft.set(name, host.slice(0, match.index), ORIGIN);
}
