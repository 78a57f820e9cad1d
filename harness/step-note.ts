import { eventsOfType, type TimelineEvent } from '#core/timeline.ts';
import { formatDuration } from './duration.ts';

/** Virtual time below this is not worth a word. */
const NOTABLE_MS = 100;

/** What is worth saying about a step beside its title: `403, refused by lambda: InvalidSignatureException`. */
export function createStepNote(events: readonly TimelineEvent[], virtualMs: number): string | undefined {
  const time = virtualMs < NOTABLE_MS ? undefined : `virtual ${formatDuration(virtualMs)}`;
  const parts = [time, ...describeCalls(events)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}

function describeCalls(events: readonly TimelineEvent[]): (string | undefined)[] {
  const calls = eventsOfType(events, 'call');
  if (calls.length > 1) return [`${calls.length} requests`, describeLastVerdict(events)];
  const [call] = calls;
  const answer = call?.response === undefined ? call?.error : String(call.response.status);
  return [answer, describeLastVerdict(events)];
}

function describeLastVerdict(events: readonly TimelineEvent[]): string | undefined {
  const verdict = eventsOfType(events, 'verdict').at(-1);
  if (verdict === undefined) return undefined;
  return verdict.accepted
    ? `signature accepted by ${verdict.service}`
    : `refused by ${verdict.service}: ${verdict.code ?? verdict.status}`;
}
