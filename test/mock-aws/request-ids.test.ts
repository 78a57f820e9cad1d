import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { RequestIds } from '#mock-aws/request-ids.ts';

const draw = (seed: string, count: number) => {
  const ids = new RequestIds(createRandom(seed));
  return Array.from({ length: count }, () => ids.next());
};

test('every id is a version 4 UUID, and none comes twice', () => {
  const ids = draw('a', 10_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the same seed gives the same ids, another seed others', () => {
  expect(draw('a', 5)).toEqual(draw('a', 5));
  expect(draw('a', 5)).not.toEqual(draw('b', 5));
});
