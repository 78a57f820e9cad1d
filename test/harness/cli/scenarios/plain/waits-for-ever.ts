import { scenario } from '#harness/scenario.ts';

export default scenario('plain/waits-for-ever', {
  title: 'It sleeps until it is stopped',
  source: ['a test'],
  topology: () => ({}),
  async run({ clock, step }) {
    await step('now it waits', () => {});
    // Virtual time goes on, so nothing but a signal ends it.
    for (;;) await clock.sleep(1);
  },
});
