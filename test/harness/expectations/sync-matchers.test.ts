import { expect, test } from 'vitest';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createExpect } from '#harness/expectations/create-expect.ts';
import type { SyncState } from '#harness/sync/sync-state.ts';

const clock = createVirtualClock();
const check = createExpect({
  clock,
  timeline: createTimeline(clock),
  explainCall: () => undefined,
  findSecretAccessKey: () => undefined,
  reportExplanation: () => {},
  runAsStep: (_, action) => action(),
});

const state = (resourceType: string, step: SyncState['step'], detail?: string): SyncState => ({
  proxy: 'cat-1.default',
  resourceType,
  step,
  version: 'v2',
  ...(detail !== undefined && { detail }),
});

const WARMING = [state('CDS', 'serving'), state('LDS', 'warming', 'in waits for RDS "80"')];

test('what warms up is acked and does not serve', () => {
  expect(() => check(WARMING).toHaveAcked()).not.toThrow();
  expect(() => check(WARMING).not.toBeServing()).not.toThrow();
  expect(() => check(WARMING).toBeServing('CDS')).not.toThrow();
});

test('says which proxy is behind, and why', () => {
  expect(() => check(WARMING).toBeServing('LDS')).toThrow(
    'expected every proxy to serve the newest LDS, got cat-1.default LDS v2 warming (in waits for RDS "80")',
  );
});

test('holds of no proxy that was sent nothing', () => {
  expect(() => check([]).toHaveAcked()).toThrow('got no proxy that was sent any');
});

test('refuses another value', () => {
  expect(() => check('synced').toHaveAcked()).toThrow('the value is not what sync() gives');
});
