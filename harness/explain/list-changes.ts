import { createDateChanges } from './candidates/date-changes.ts';
import { createHeaderChanges } from './candidates/header-changes.ts';
import { createHostChanges } from './candidates/host-changes.ts';
import { createPathChanges } from './candidates/path-changes.ts';
import { createPayloadChanges } from './candidates/payload-changes.ts';
import { createQueryChanges } from './candidates/query-changes.ts';
import { createScopeChanges } from './candidates/scope-changes.ts';
import { createMethodChanges, createSecretChanges, createSignedHeadersChanges } from './candidates/signer-changes.ts';
import type { Change } from './change.ts';
import type { SearchSubject } from './search-subject.ts';

const ORIGINS: readonly Change['origin'][] = ['observed', 'usual', 'rare'];

/** Every known single change to what was checked, likeliest first; no two of them make the same edit. */
export function listChanges(subject: SearchSubject): Change[] {
  const all = [
    ...(subject.hints ?? []),
    ...createHostChanges(subject),
    ...createHeaderChanges(subject),
    ...createPathChanges(subject),
    ...createQueryChanges(subject),
    ...createPayloadChanges(subject),
    ...createDateChanges(subject),
    ...createMethodChanges(subject),
    ...createSecretChanges(),
    ...createSignedHeadersChanges(subject),
    ...createScopeChanges(subject),
  ];
  const ordered = ORIGINS.flatMap((origin) => all.filter((change) => change.origin === origin));
  const seen = new Set<string>();
  return ordered.filter(({ edit }) => {
    const text = JSON.stringify(edit, (_, value: unknown) => value ?? null);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
