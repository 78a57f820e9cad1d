import { scenario } from '#harness/scenario.ts';

export default scenario('family/waits', {
  title: 'A scenario waits until the run is stopped',
  source: ['a test'],
  topology: () => ({}),
  async run({ step }) {
    await step('wait', () => new Promise(() => {}));
  },
});
