import { expect, test } from 'vitest';
import { createRealClock } from '#core/real-clock.ts';

function sleep(delayMs: number): Promise<void> {
  return createRealClock().sleep(delayMs);
}

test('timers of one delay fire in the order of their start, none before it is due', async () => {
  const clock = createRealClock();
  const fired: string[] = [];
  const earlyMs: number[] = [];
  const start = (name: string) => {
    const dueAt = performance.now() + 10;
    return new Promise<void>((resolve) => {
      clock.setTimer(10, () => {
        fired.push(name);
        earlyMs.push(Math.max(0, dueAt - performance.now()));
        resolve();
      });
    });
  };
  const first = start('first');
  await sleep(5);
  await Promise.all([first, start('second'), start('third')]);
  expect(fired).toEqual(['first', 'second', 'third']);
  expect(earlyMs).toEqual([0, 0, 0]);
});

test('a timer that is cancelled does not fire, and those behind it do', async () => {
  const clock = createRealClock();
  const fired: string[] = [];
  const cancelled = clock.setTimer(5, () => fired.push('cancelled'));
  clock.setTimer(5, () => fired.push('kept'));
  cancelled.cancel();
  await sleep(15);
  expect(fired).toEqual(['kept']);
});

test('a timer may be started, or cancelled, by another of its delay', async () => {
  const clock = createRealClock();
  const fired: string[] = [];
  clock.setTimer(5, () => {
    fired.push('first');
    second.cancel();
    clock.setTimer(5, () => fired.push('third'));
  });
  const second = clock.setTimer(5, () => fired.push('second'));
  await sleep(25);
  expect(fired).toEqual(['first', 'third']);
});

test('a delay below zero is none', async () => {
  const clock = createRealClock();
  await expect(clock.sleep(-5)).resolves.toBeUndefined();
});
