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
