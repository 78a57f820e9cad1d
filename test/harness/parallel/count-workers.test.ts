import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { countWorkers } from '#harness/parallel/count-workers.ts';

test('a few scenarios need no worker', () => {
  expect([0, 1, 3].map((scenarios) => countWorkers(scenarios, undefined))).toEqual([0, 0, 0]);
  expect(countWorkers(1, '2')).toBe(0);
});

test('many get one for each core', () => {
  expect(countWorkers(1000, undefined)).toBe(Math.min(availableParallelism(), 250));
});

test('as many as were asked for, but no idle ones', () => {
  expect([countWorkers(100, '3'), countWorkers(2, '3'), countWorkers(100, '1')]).toEqual([3, 2, 1]);
});

test.each(['0', '-1', '1.5', 'two', '1000', ''])('"%s" is no count', (asked) => {
  expect(() => countWorkers(100, asked)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
