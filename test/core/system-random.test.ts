import { expect, test } from 'vitest';
import { createSystemRandom } from '#core/system-random.ts';

test('draws what was not drawn before', () => {
  const random = createSystemRandom();
  const drawn = Array.from({ length: 1000 }, () => random.hex(32));
  expect(new Set(drawn).size).toBe(1000);
  expect(random.bytes(10_000)).toHaveLength(10_000);
  expect(random.fork('any').uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
