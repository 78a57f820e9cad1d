import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';

type Hop = TimelineEventOf<'hop'>;

/** A proxy that got a request and never passed it on. */
export interface Holder {
  readonly source: string;
  /** The last that it logged about the request. */
  readonly lastWords: string;
}

/** Finds who kept a request while the proxy in front gave up; undefined when everybody passed it on, or logs too little. */
export function findHolder(events: readonly TimelineEvent[], hops: readonly Hop[], answered: Hop): Holder | undefined {
  const latest = hops.findLast(({ source, sent, seq }) => source === answered.source && sent && seq < answered.seq);
  const requestId = latest?.sent && getHeader(latest.sent.headers, 'x-request-id');
  if (latest === undefined || requestId === undefined) return undefined;
  const logs = eventsOfType(events.slice(latest.seq, answered.seq), 'log').filter(
    ({ source }) => source !== answered.source,
  );
  const arrival = logs.find(({ text }) => text.includes('request headers complete') && text.includes(requestId));
  if (arrival === undefined || hops.some(({ source, sent }) => source === arrival.source && sent)) return undefined;
  const stream = /^\[C\d+\]\[S?s?\d+\]/.exec(arrival.text)?.[0];
  if (stream === undefined) return undefined;
  const last = logs.findLast(({ source, text }) => source === arrival.source && text.startsWith(stream));
  return { source: arrival.source, lastWords: last?.text.slice(stream.length).trim().split('\n', 1)[0] ?? '' };
}
