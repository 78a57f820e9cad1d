import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { findScenarioSite } from '#harness/stack-site.ts';

const frames = (...lines: string[]) => ['Error: no', ...lines.map((line) => `    at ${line}`)].join('\n');

test.each([
  ['a plain frame', '/home/ann/repo/meshrig/ours/cat.ts:24:41'],
  ['a function', 'Object.run (/home/ann/repo/meshrig/ours/cat.ts:24:41)'],
  ['a module', 'async run (file:///home/ann/repo/meshrig/ours/cat.ts:24:41)'],
])('the line of the scenario: %s', (_, line) => {
  const library = 'send (/home/ann/repo/node_modules/undici/index.js:1:1)';
  expect(findScenarioSite(frames(library, line))).toEqual({
    file: relative(process.cwd(), '/home/ann/repo/meshrig/ours/cat.ts'),
    line: 24,
    column: 41,
  });
});

test("the inside of Node is nobody's line", () => {
  const inside = 'process.processTicksAndRejections (node:internal/process/task_queues:95:5)';
  expect(findScenarioSite(frames(inside))).toBeUndefined();
});
