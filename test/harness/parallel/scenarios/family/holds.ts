import { scenario } from '#harness/scenario.ts';

export default scenario('family/holds', {
  title: 'Time passes',
  source: ['a test'],
  topology: () => ({}),
  async run({ clock, random, step, expect }) {
    const start = clock.now();
    await step('wait', () => clock.sleep(random.integer(1, 1000)));
    expect(clock.now()).toBeGreaterThan(start);
  },
});
