import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';

type Hop = TimelineEventOf<'hop'>;

/** The hops of a call, from the caller on. The first proxy gives the request its id: an answer of its own has none, all later hops have. */
export function findCallHops(events: readonly TimelineEvent[], call: TimelineEventOf<'call'>): Hop[] {
  const before = eventsOfType(events, 'hop').filter(({ seq }) => seq < call.seq);
  const forward = before.findLast((hop) => hop.kind === 'port-forward' && isFrom(hop, call));
  const since = before.filter(({ seq }) => seq >= (forward?.seq ?? 0));
  const requestId = since
    .filter((hop) => isFrom(hop, call))
    .map(findRequestId)
    .findLast((id) => id !== undefined);
  return since.filter((hop) => {
    if (hop.kind === 'port-forward') return hop === forward;
    const id = findRequestId(hop);
    return id === undefined ? isFrom(hop, call) : id === requestId;
  });
}

function isFrom({ received }: Hop, { request }: TimelineEventOf<'call'>): boolean {
  return (
    received.target === request.target && getHeader(received.headers, 'host') === getHeader(request.headers, 'host')
  );
}

function findRequestId({ sent, received }: Hop): string | undefined {
  return getHeader(sent?.headers ?? received.headers, 'x-request-id');
}
