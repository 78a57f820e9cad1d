import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every family of scenarios has its test', () => {
  const families = readdirSync('scenarios', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const tests = readdirSync('test/scenarios');
  expect(families.map(({ name }) => `${name}.test.ts`).filter((name) => !tests.includes(name))).toEqual([]);
});
