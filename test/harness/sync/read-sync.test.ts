import { expect, test } from 'vitest';
import { createTimeline, type TimelineFact } from '#core/timeline.ts';
import { readSync } from '#harness/sync/read-sync.ts';

const ISTIOD = 'control-plane "east"';
const PROXY = 'proxy "cat-1"';

type Fact = TimelineFact & { readonly source: string };

const due = (version: string, ...resourceTypes: string[]): Fact => ({
  type: 'push-due',
  source: ISTIOD,
  version,
  reason: 'test',
  resourceTypes,
});
const push = (resourceType: string, version: string): Fact => ({
  type: 'push',
  source: ISTIOD,
  proxy: 'cat-1.default',
  resourceType,
  version,
  nonce: `${version}${resourceType}`,
  resources: ['one'],
});
const ack = (resourceType: string, version: string): Fact => ({
  type: 'ack',
  source: PROXY,
  proxy: 'cat-1',
  resourceType,
  version,
  nonce: `${version}${resourceType}`,
});
const nack = (resourceType: string, version: string, error: string): Fact =>
  ({
    ...ack(resourceType, version),
    type: 'nack',
    error,
  }) as Fact;
const warming = (resource: string): Fact => ({
  type: 'warming',
  source: PROXY,
  resourceType: 'LDS',
  resource,
  version: 'v2',
  waitsFor: ['RDS "80"'],
});
const serving = (resource: string): Fact => ({
  type: 'serving',
  source: PROXY,
  resourceType: 'LDS',
  resource,
  version: 'v2',
});
const applied = (kind: string, action: 'configured' | 'unchanged' = 'configured'): Fact => ({
  type: 'applied',
  source: ISTIOD,
  action,
  kind,
  namespace: 'default',
  name: 'cat',
});

const SYNCED = [due('v1', 'LDS', 'RDS'), push('LDS', 'v1'), ack('LDS', 'v1')];

function read(facts: readonly Fact[], proxies?: ReadonlySet<string>) {
  const timeline = createTimeline({ now: () => 0 });
  for (const fact of facts) timeline.emit(fact);
  return readSync(timeline.events(), proxies);
}

const CASES: readonly (readonly [name: string, facts: readonly Fact[], step: string, detail?: string])[] = [
  ['serves what it has accepted', [], 'serving'],
  ['was not sent what is due since', [due('v2', 'LDS')], 'not sent'],
  ['was not sent what was applied just now', [applied('Gateway')], 'not sent'],
  ['is not behind when an apply changed nothing', [applied('Gateway', 'unchanged')], 'serving'],
  ['is not behind when another type is due', [due('v2', 'CDS')], 'serving'],
  ['is not behind when an object changes that no listener comes from', [applied('Secret')], 'serving'],
  ['has not answered what it was sent', [due('v2', 'LDS'), push('LDS', 'v2')], 'not acked'],
  ['refused what it was sent', [push('LDS', 'v2'), nack('LDS', 'v2', 'one: bad')], 'rejected', 'one: bad'],
  [
    'accepted what it was sent after a refusal',
    [push('LDS', 'v2'), nack('LDS', 'v2', ''), push('LDS', 'v3'), ack('LDS', 'v3')],
    'serving',
  ],
  [
    'warms what it accepted',
    [push('LDS', 'v2'), warming('one'), ack('LDS', 'v2')],
    'warming',
    'one waits for RDS "80"',
  ],
  ['serves what was warming', [push('LDS', 'v2'), warming('one'), ack('LDS', 'v2'), serving('one')], 'serving'],
  ['forgets what was warming and is gone', [warming('two'), push('LDS', 'v2'), ack('LDS', 'v2')], 'serving'],
];

test.each(CASES.map(([name, facts, step, detail]) => ({ name, facts, step, detail })))(
  'a proxy $name',
  ({ facts, step, detail }) => {
    expect(read([...SYNCED, ...facts])).toMatchObject([
      { proxy: 'cat-1.default', resourceType: 'LDS', step, ...(detail !== undefined && { detail }) },
    ]);
  },
);

test('tells each type apart, and only of the proxies asked for', () => {
  const facts = [...SYNCED, push('RDS', 'v1')];
  expect(read(facts).map(({ resourceType, step }) => `${resourceType} ${step}`)).toEqual([
    'LDS serving',
    'RDS not acked',
  ]);
  expect(read(facts, new Set(['dog-1.default']))).toEqual([]);
});
