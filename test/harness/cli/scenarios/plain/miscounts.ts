import { scenario } from '#harness/scenario.ts';

export default scenario('plain/miscounts', {
  title: 'One and one is three',
  source: ['a test'],
  topology: () => ({}),
  async run({ expect }) {
    expect(2).toBe(3);
  },
});
