import { expect, test } from 'vitest';
import type { TimelineEvent } from '#core/timeline.ts';
import { createScenarioRecord } from '#harness/parallel/scenario-record.ts';
import type { ScenarioResult } from '#harness/results.ts';

const RESULT: ScenarioResult = { name: 'a/b', title: 'A', outcome: 'passed', wallMs: 1, virtualMs: 2, leaks: [] };

const log = (seq: number): TimelineEvent => ({
  seq,
  at: 0,
  source: 'runner',
  type: 'log',
  level: 'info',
  component: 'test',
  text: String(seq),
});

function listen() {
  const seen: number[] = [];
  return { seen, onEvent: ({ seq }: TimelineEvent) => void seen.push(seq) };
}

test('events wait for their turn, and are passed on at once from then on', async () => {
  const record = createScenarioRecord();
  const reporter = listen();
  record.add([log(1), log(2)]);
  const ended = record.replay(reporter);
  expect(reporter.seen).toEqual([1, 2]);
  record.add([log(3)]);
  expect(reporter.seen).toEqual([1, 2, 3]);
  record.end(RESULT);
  expect(await ended).toBe(RESULT);
});

test('a scenario that has ended before its turn is told from its start', async () => {
  const record = createScenarioRecord();
  const reporter = listen();
  record.add([log(1)]);
  record.end(RESULT);
  expect(await record.replay(reporter)).toBe(RESULT);
  expect(reporter.seen).toEqual([1]);
});
