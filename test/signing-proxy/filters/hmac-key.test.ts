import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HmacKey } from '#signing-proxy/filters/aws/hmac-key.ts';

test("a key signs any text as Node's own HMAC does", () => {
  const keys = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  const texts = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(keys, texts, (key, text) => {
      expect(new HmacKey(key).sign(text)).toBe(createHmac('sha256', key).update(text, 'latin1').digest('hex'));
    }),
  );
});

test('a key longer than a block is refused', () => {
  expect(() => new HmacKey(Buffer.alloc(65))).toThrow(RangeError);
});
