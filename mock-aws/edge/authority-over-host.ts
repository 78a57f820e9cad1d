import type { HeaderDraft, RuleOrigin } from './header-draft.ts';

// RFC 9113 8.3.1: a receiver must not use Host where :authority is present; aws.md 1.8 rule 1 says the same of AWS.
const ORIGIN: RuleOrigin = { rule: 'authority-over-host', evidence: 'documented' };

/** Makes `host` what `:authority` says, which both a signed `host` and a signed `:authority` are verified against. */
export function applyAuthorityOverHost(draft: HeaderDraft): void {
  const authority = draft.find(':authority');
  if (authority !== undefined && draft.find('host') !== authority) draft.set('host', authority, ORIGIN);
}
