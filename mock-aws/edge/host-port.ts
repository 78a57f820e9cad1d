import type { HeaderDraft, RuleOrigin } from './header-draft.ts';
import type { EdgePolicy } from './types.ts';

// AWS's front drops the port from Host before the signature is checked, so a signer that includes ":9080" fails although
// it sent exactly what it signed. Every port goes, 80 and 443 too.
// Reported: envoyproxy/envoy#14435, #11292, #26855; opensearch-project/opensearch-net#978; s3tools/s3cmd#974. Nobody
// at AWS documents it (aws.md 1.8).
const ORIGIN: RuleOrigin = { rule: 'host-port', evidence: 'reported' };

const TRAILING_PORT = /:(\d+)$/;

/** Drops one trailing port from the host. `own-port` keeps the port the listener is bound to, as AWS keeps none. */
export function applyHostPort(draft: HeaderDraft, policy: EdgePolicy): void {
  for (const name of ['host', ':authority']) draft.edit(name, ORIGIN, (host) => dropPort(host, policy));
}

function dropPort(host: string, policy: EdgePolicy): string {
  const port = TRAILING_PORT.exec(trimBlanks(host))?.[1];
  if (port === undefined) return host;
  if (policy.hostPolicy === 'own-port' && port === String(policy.ownPort)) return host;
  return trimBlanks(host).slice(0, -port.length - 1);
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
