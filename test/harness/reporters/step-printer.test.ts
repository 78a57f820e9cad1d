import { expect, test } from 'vitest';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createScreen } from '#harness/reporters/screen.ts';
import { createStepPrinter } from '#harness/reporters/step-printer.ts';

test('prints below a step the last table that it asked for', () => {
  let printed = '';
  const output = { write: (text: string) => (printed += text) };
  const printer = createStepPrinter(createScreen({ stdout: output, stderr: output, environment: {} }), () => 0);
  using clock = createVirtualClock();
  const timeline = createTimeline(clock);
  timeline.subscribe((event) => printer.read(event));
  const listTable = (table: string): void => {
    timeline.emit({ type: 'listing', source: 'istioctl "east"', command: 'proxy-status', table });
  };
  const runStep = (title: string, act: () => void): void => {
    timeline.emit({ type: 'step-started', source: 'runner', step: 1, title });
    act();
    timeline.emit({ type: 'step-finished', source: 'runner', step: 1, title, outcome: 'ok' });
  };

  runStep('wait until in sync', () => {
    listTable('NAME     CDS\na        STALE\n');
    listTable('NAME     CDS\na        SYNCED     \n');
  });
  runStep('do something else', () => {});

  expect(printed).toBe(
    [
      '  ok  1  wait until in sync                             0ms',
      '         NAME     CDS',
      '         a        SYNCED',
      '  ok  1  do something else                              0ms',
      '',
    ].join('\n'),
  );
});
