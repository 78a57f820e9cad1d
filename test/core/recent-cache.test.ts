import { expect, test } from 'vitest';
import { createRecentCache } from '#core/recent-cache.ts';

test('a value is created once for its key', () => {
  const cache = createRecentCache<object>(2);
  const first = cache.get('a', () => ({}));
  expect(cache.get('a', () => ({}))).toBe(first);
  expect(cache.get('b', () => ({}))).not.toBe(first);
});

test('the value that was not asked for longest goes first', () => {
  const cache = createRecentCache<string>(2);
  for (const key of ['a', 'b', 'a', 'c']) cache.get(key, () => `first ${key}`);
  expect(['a', 'c', 'b'].map((key) => cache.get(key, () => `second ${key}`))).toEqual([
    'first a',
    'first c',
    'second b',
  ]);
});

test('what could not be created is not kept', () => {
  const cache = createRecentCache<string>(2);
  expect(() => cache.get('a', () => JSON.parse('{') as string)).toThrow(SyntaxError);
  expect(cache.get('a', () => 'a')).toBe('a');
});
