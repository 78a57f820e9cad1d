import { expect, test } from 'vitest';
import { createTimeline, eventsOfType, type TimelineEventOf } from '#core/timeline.ts';
import { locateChange } from '#harness/explain/locate-change.ts';
import type { RequestTrace } from '#harness/explain/trace-request.ts';

const SUBJECT = { subject: 'x-b3-spanid' } as Parameters<typeof locateChange>[1];
const head = (spanId: string, authorization = 'AWS4-HMAC-SHA256 Signature=1') => ({
  method: 'POST',
  target: '/',
  httpVersion: '1.1' as const,
  headers: ['authorization', authorization, 'x-b3-spanid', spanId],
});

/** A signed request of a pod that passes its sidecar. */
function tell(authorization?: string): RequestTrace {
  const timeline = createTimeline({ now: () => 0 });
  const sent = head('b');
  const hop = { hop: 'app', kind: 'proxy', received: head('a'), sent, changes: [] } as const;
  timeline.emit({ type: 'hop', source: 'proxy "app"', ...hop });
  timeline.emit({ type: 'call', source: 'pod "app"', call: 1, request: head('a', authorization), to: 'lambda:80' });
  const verdict = { service: 'lambda', awsRequestId: '1', received: sent, checked: sent, edgeChanges: [] } as const;
  timeline.emit({ type: 'verdict', source: 'mock-aws', ...verdict, accepted: false, status: 403 });
  const events = timeline.events();
  return {
    call: eventsOfType(events, 'call')[0],
    hops: eventsOfType(events, 'hop'),
    signed: undefined,
    unsigned: undefined,
    verdict: eventsOfType(events, 'verdict')[0] as TimelineEventOf<'verdict'>,
  };
}

test('finds the hop that changed what the caller has signed', () => {
  expect(locateChange(tell(), SUBJECT)).toEqual({ name: 'proxy "app"', isAfterSigning: false });
});

test('does not know where a request changed that neither a proxy nor the caller has signed', () => {
  expect(locateChange(tell('Bearer abc'), SUBJECT)).toBeUndefined();
});
