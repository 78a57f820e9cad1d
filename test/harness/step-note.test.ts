import { expect, test } from 'vitest';
import type { TimelineEvent } from '#core/timeline.ts';
import { createStepNote } from '#harness/step-note.ts';

const PLACE = { seq: 1, at: 0, source: 'test' };
const HEAD = { method: 'GET', target: '/', httpVersion: '1.1', headers: [] } as const;

const call = (status: number): TimelineEvent => ({
  ...PLACE,
  type: 'call',
  call: 1,
  request: HEAD,
  to: 'ingress:80',
  response: { status, headers: [] },
});
const verdict = (accepted: boolean): TimelineEvent => ({
  ...PLACE,
  type: 'verdict',
  service: 'lambda',
  awsRequestId: 'r1',
  received: HEAD,
  checked: HEAD,
  edgeChanges: [],
  accepted,
  status: accepted ? 200 : 403,
  ...(accepted ? {} : { code: 'InvalidSignatureException' }),
});

const testNote = (name: string, events: readonly TimelineEvent[], virtualMs: number, note: string | undefined) =>
  test(name, () => expect(createStepNote(events, virtualMs)).toBe(note));

testNote('nothing to say', [], 99, undefined);
testNote('virtual time', [], 35_000, 'virtual 35.0s');
testNote('one call', [call(404)], 0, '404');
testNote('an accepted call', [verdict(true), call(200)], 0, '200, signature accepted by lambda');
testNote('a refused call', [verdict(false), call(403)], 0, '403, refused by lambda: InvalidSignatureException');
testNote('many calls', [call(200), call(200)], 2_000, 'virtual 2.0s, 2 requests');
