import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { readSync } from './read-sync.ts';
import type { SyncState } from './sync-state.ts';

type Hop = TimelineEventOf<'hop'>;

/** Why a hop served by something old. */
export interface Behind {
  readonly hop: Hop;
  readonly reason: Exclude<SyncState['step'], 'serving'> | 'old connection';
  readonly resourceType: string;
  /** The newest version the hop could have had; undefined while none was sent. */
  readonly newest?: string;
  readonly detail?: string;
}

/** What was old where a proxy served a request, the surest reason first. Empty when it was up to date. */
export function findBehind(events: readonly TimelineEvent[], hop: Hop): readonly Behind[] {
  if (hop.kind !== 'proxy') return [];
  const before = events.slice(0, hop.seq - 1);
  const pod = hop.source.replace(/^proxy "(.*)"$/, '$1');
  const states = readSync(before).filter(({ proxy }) => proxy.startsWith(`${pod}.`));
  const old = findOldConnection(before, hop);
  return [...(old === undefined ? [] : [old]), ...states.flatMap((state) => toBehind(hop, state) ?? [])];
}

/** The listener that accepted the connection has a successor, but connections stay where they were accepted. */
function findOldConnection(before: readonly TimelineEvent[], hop: Hop): Behind | undefined {
  const listener = hop.servedBy?.listener;
  const serving = eventsOfType(before, 'serving').findLast(
    ({ source, resourceType, resource }) =>
      source === hop.source && resourceType === 'LDS' && resource === listener?.name,
  );
  if (serving === undefined || serving.version === listener?.version) return undefined;
  return { hop, reason: 'old connection', resourceType: 'LDS', newest: serving.version };
}

function toBehind(hop: Hop, state: SyncState): Behind | undefined {
  const { step, resourceType, version, detail } = state;
  if (step === 'serving' || isServedBy(hop, state)) return undefined;
  const newest = step === 'not sent' ? {} : { newest: version };
  return { hop, reason: step, resourceType, ...newest, ...(detail !== undefined && { detail }) };
}

/** A good listener of a refused response serves; and one that warms up need not be the one that was asked. */
function isServedBy({ servedBy }: Hop, { step, resourceType, version, warming }: SyncState): boolean {
  if (resourceType !== 'LDS' || servedBy === undefined || step === 'not sent') return false;
  return servedBy.listener.version === version || warming?.includes(servedBy.listener.name) === false;
}
