import { expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createDebounce } from '#control-plane/push/debounce.ts';

/** Adds an event at each time and notes when what was handed on. */
async function run(times: readonly number[]): Promise<string[]> {
  using clock = createVirtualClock({ start: 0 });
  const handed: string[] = [];
  using debounce = createDebounce<number>({ clock, quietMs: 100, maxMs: 1_000 }, (events) => {
    handed.push(`${clock.now()}: ${events.join(' ')}`);
  });
  for (const time of times) {
    await clock.sleep(time - clock.now());
    debounce.add(time);
  }
  await clock.sleep(5_000);
  return handed;
}

test('waits until it has been quiet', async () => {
  expect(await run([10])).toEqual(['110: 10']);
  expect(await run([10, 60, 150])).toEqual(['250: 10 60 150']);
});

test('starts anew after it has acted', async () => {
  expect(await run([0, 500])).toEqual(['100: 0', '600: 500']);
});

test('does not wait for ever', async () => {
  const everyFifty = Array.from({ length: 30 }, (_, index) => index * 50);
  const [first, second] = await run(everyFifty);
  expect(first).toMatch(/^1000: 0 50 /);
  expect(second).toMatch(/^1550: 1000 /);
});

test('does nothing after it was disposed', async () => {
  using clock = createVirtualClock({ start: 0 });
  const handed: unknown[] = [];
  const debounce = createDebounce<number>({ clock, quietMs: 100, maxMs: 1_000 }, (events) => handed.push(events));
  debounce.add(1);
  debounce[Symbol.dispose]();
  await clock.sleep(500);
  expect(handed).toEqual([]);
});
