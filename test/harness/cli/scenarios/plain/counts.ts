import { scenario } from '#harness/scenario.ts';

export default scenario('plain/counts', {
  title: 'One and one is two',
  source: ['a test'],
  tags: ['arithmetic', 'B00'],
  topology: () => ({}),
  run: ({ step, expect }) => step('add', () => expect(1 + 1).toBe(2)),
});
