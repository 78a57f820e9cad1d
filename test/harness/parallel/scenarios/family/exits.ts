import { scenario } from '#harness/scenario.ts';

export default scenario('family/exits', {
  title: 'A scenario ends the thread it runs in',
  source: ['a test'],
  topology: () => ({}),
  async run({ step }) {
    await step('leave', () => process.exit(3));
  },
});
