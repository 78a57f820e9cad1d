import { expect, test } from 'vitest';
import { createTimeline, eventsOfType, type TimelineFact } from '#core/timeline.ts';
import { explainBySync } from '#harness/explain/explain-by-sync.ts';

const ISTIOD = 'control-plane "east"';
const PROXY = 'proxy "cat-1"';
const HEAD = { method: 'GET', target: '/cat', httpVersion: '1.1', headers: ['Host', 'a'] } as const;

type Fact = TimelineFact & { readonly source: string };

interface Story {
  /** What happened between control plane and proxy before the request. */
  readonly sync: readonly Fact[];
  /** The version of the listener that served. */
  readonly listener?: string;
  /** The details of the proxy's own answer; left out, the application answers. */
  readonly detail?: string;
  readonly status?: number;
}

function explain({ sync, listener = 'v1', detail, status = 404 }: Story) {
  const timeline = createTimeline({ now: () => 0 });
  for (const fact of [...told('LDS', 'v1'), ...told('CDS', 'v1'), ...sync]) timeline.emit(fact);
  timeline.emit({
    type: 'hop',
    source: PROXY,
    hop: 'cat-1',
    kind: 'proxy',
    received: HEAD,
    changes: [],
    servedBy: { listener: { name: 'in', version: listener } },
    ...(detail !== undefined && { answeredLocally: { status, flags: 'NR', detail } }),
  });
  timeline.emit({
    type: 'call',
    source: 'curl',
    call: 1,
    request: HEAD,
    to: 'a:80',
    response: { status, headers: [] },
  });
  const [call] = eventsOfType(timeline.events(), 'call');
  return call && explainBySync(timeline.events(), call);
}

const push = (resourceType: string, version: string): Fact => ({
  type: 'push',
  source: ISTIOD,
  proxy: 'cat-1.default',
  resourceType,
  version,
  nonce: version + resourceType,
  resources: ['in'],
});
const answer = (resourceType: string, version: string) => ({
  source: PROXY,
  proxy: 'cat-1',
  resourceType,
  version,
  nonce: version + resourceType,
});
const told = (resourceType: string, version: string): Fact[] => [
  push(resourceType, version),
  { type: 'ack', ...answer(resourceType, version) },
];
const due = (resourceType: string): Fact => ({
  type: 'push-due',
  source: ISTIOD,
  version: 'v2',
  reason: 'test',
  resourceTypes: [resourceType],
});
const serving: Fact = { type: 'serving', source: PROXY, resourceType: 'LDS', resource: 'in', version: 'v2' };
const warming: Fact = { ...serving, type: 'warming', waitsFor: ['RDS "80"'] } as Fact;
const refused: Fact = { type: 'nack', ...answer('LDS', 'v2'), error: 'in: bad' };

test.each<readonly [cause: string, sync: readonly Fact[]]>([
  ['push-not-sent', [due('LDS')]],
  ['push-not-acked', [due('LDS'), push('LDS', 'v2')]],
  ['push-rejected', [due('LDS'), push('LDS', 'v2'), refused]],
  ['still-warming', [due('LDS'), push('LDS', 'v2'), warming, ...told('LDS', 'v2').slice(1)]],
  ['old-connection', [due('LDS'), ...told('LDS', 'v2'), serving]],
])('explains an answer by %s', (cause, sync) => {
  expect(explain({ sync })).toMatchObject({ cause, grade: 'likely' });
  expect(explain({ sync, detail: 'route_not_found' })).toMatchObject({ cause, grade: 'consistent' });
});

test.each<readonly [name: string, story: Story]>([
  ['a proxy that is up to date', { sync: [due('LDS'), ...told('LDS', 'v2'), serving], listener: 'v2' }],
  ['an answer that is no failure', { sync: [due('LDS')], status: 200 }],
  ['an answer that no listener could change', { sync: [due('LDS')], detail: 'no_healthy_upstream', status: 503 }],
  [
    'an answer that has nothing to do with configuration',
    { sync: [due('LDS')], detail: 'response_timeout', status: 504 },
  ],
  ['a refused response whose good listener serves', { sync: [push('LDS', 'v2'), refused, serving], listener: 'v2' }],
])('does not explain %s', (_, story) => {
  expect(explain(story)).toBeUndefined();
});

test('names the versions, and what was wrong', () => {
  const explanation = explain({ sync: [due('LDS'), push('LDS', 'v2'), refused] });
  expect(explanation?.sentence).toContain('goes on with what it had: in: bad');
  expect(explanation?.proof).toEqual(['likely: served by LDS in version v1; LDS v2: rejected']);
});
