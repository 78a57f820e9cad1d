import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';

/** What the timeline knows of one access key at one moment. */
export interface KeyHistory {
  readonly state: 'active' | 'inactive' | 'deleted' | 'unknown';
  /** How long ago it got into that state: `12s before this request`. */
  readonly told?: string;
}

const STATES = { created: 'active', activated: 'active', deactivated: 'inactive', deleted: 'deleted' } as const;

/** Reads the ledger of access keys up to a verdict. */
export function readKeyHistory(
  events: readonly TimelineEvent[],
  accessKeyId: string,
  verdict: TimelineEventOf<'verdict'>,
): KeyHistory {
  const changes = eventsOfType(events, 'access-key').filter(
    (event) => event.accessKeyId === accessKeyId && event.seq < verdict.seq && event.action !== 'used',
  );
  const last = changes.at(-1);
  if (last === undefined || last.action === 'used') return { state: 'unknown' };
  return { state: STATES[last.action], told: `${formatAge(verdict.at - last.at)} before this request` };
}

function formatAge(ms: number): string {
  if (ms === 0) return 'just';
  return ms < 1_000 ? `${ms}ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)}s`;
}
