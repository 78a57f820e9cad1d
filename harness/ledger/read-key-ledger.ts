import type { Instant } from '#core/clock.ts';
import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { readAuthorization } from '../explain/read-authorization.ts';
import { KeyLedger, type LedgerRequest } from './key-ledger.ts';

/** Reads the ledger of one AWS service from the timeline: its verdicts, and what became of the keys. */
export function readKeyLedger(events: readonly TimelineEvent[], service: string): KeyLedger {
  const verdicts = eventsOfType(events, 'verdict').filter((verdict) => verdict.service === service);
  const ends = [...readExpiries(events), ...readEnds(eventsOfType(events, 'access-key'))];
  return new KeyLedger(service, verdicts.map(createRequest), new Map(ends));
}

function createRequest({ at, accepted, code, accessKeyId, received }: TimelineEventOf<'verdict'>): LedgerRequest {
  const signer = accessKeyId ?? readAuthorization(received)?.credential.split('/', 1)[0];
  const isSigned = signer !== undefined || getHeader(received.headers, 'authorization') !== undefined;
  return { at, isSigned, accessKeyId: signer, isAccepted: accepted, code };
}

/** Sessions end by themselves: whoever fetched their keys knows when. */
function readExpiries(events: readonly TimelineEvent[]): ReadonlyMap<string, Instant> {
  return new Map(
    eventsOfType(events, 'credential').flatMap(({ accessKeyId, expiresAt }) =>
      accessKeyId === undefined || expiresAt === undefined ? [] : [[accessKeyId, expiresAt] as const],
    ),
  );
}

function readEnds(changes: readonly TimelineEventOf<'access-key'>[]): ReadonlyMap<string, Instant> {
  const ends = new Map<string, Instant>();
  for (const { action, accessKeyId, at } of changes) {
    if (action === 'deactivated' || (action === 'deleted' && !ends.has(accessKeyId))) ends.set(accessKeyId, at);
    if (action === 'activated') ends.delete(accessKeyId);
  }
  return ends;
}
