import { expect, test } from 'vitest';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { watchForStall } from '#harness/stall-watch.ts';

const LOOK_EVERY_MS = 5;

test('reports a run in which nothing can happen any more', async () => {
  using clock = createVirtualClock();
  using watch = watchForStall({ clock, timeline: createTimeline(clock) }, LOOK_EVERY_MS);
  await expect(watch.stalled).rejects.toThrow('it waits for something that cannot happen any more');
});

test('leaves a run alone that has a timer or goes on telling', async () => {
  let timers = 1;
  let events = 0;
  const clock = { now: () => 0, pendingTimers: () => timers, isWaitingOutside: () => false };
  const timeline = { events: () => Array.from({ length: events++ }) as [] };
  using watch = watchForStall({ clock, timeline }, LOOK_EVERY_MS);
  const stalled = watch.stalled.then(
    () => 'stalled',
    () => 'stalled',
  );
  const later = () => new Promise((resolve) => setTimeout(() => resolve('alive'), 20 * LOOK_EVERY_MS));
  expect(await Promise.race([stalled, later()])).toBe('alive');
  timers = 0;
  expect(await Promise.race([stalled, later()])).toBe('alive');
});

test('leaves a run alone that computes', async () => {
  using clock = createVirtualClock();
  using watch = watchForStall({ clock, timeline: createTimeline(clock) }, LOOK_EVERY_MS);
  const computing = async () => {
    const end = performance.now() + 20 * LOOK_EVERY_MS;
    while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
    return 'alive';
  };
  expect(await Promise.race([watch.stalled, computing()])).toBe('alive');
});

test('leaves a run alone that waits for a thread', async () => {
  using clock = createVirtualClock();
  using watch = watchForStall({ clock, timeline: createTimeline(clock) }, LOOK_EVERY_MS);
  using _ = clock.noteOutside('computation');
  const later = new Promise((resolve) => setTimeout(() => resolve('alive'), 20 * LOOK_EVERY_MS));
  expect(await Promise.race([watch.stalled, later])).toBe('alive');
});
