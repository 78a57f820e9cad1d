import { expect, test } from 'vitest';
import { createRecentTimeline } from '#core/recent-timeline.ts';

test('remembers the latest events only, and goes on counting', () => {
  const timeline = createRecentTimeline({ now: () => 0 }, 2);
  const seen: number[] = [];
  timeline.subscribe((event) => void seen.push(event.seq));
  for (let index = 0; index < 5; index++) {
    timeline.emit({ type: 'log', source: 'test', level: 'info', component: 'test', text: String(index) });
  }
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(timeline.events().map(({ seq }) => seq)).toEqual([4, 5]);
});

test('describes nothing where nothing is kept and nobody listens', () => {
  const timeline = createRecentTimeline({ now: () => 0 }, 0);
  let described = 0;
  const emit = () =>
    timeline.emitLazily(() => ({
      type: 'log',
      source: 'test',
      level: 'info',
      component: 'test',
      text: String(++described),
    }));
  emit();
  expect(described).toBe(0);
  const seen: number[] = [];
  using _ = timeline.subscribe((event) => void seen.push(event.seq));
  emit();
  expect(seen).toEqual([1]);
  expect(timeline.events()).toEqual([]);
});
