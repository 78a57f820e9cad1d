import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createAccessKeyId } from '#mock-aws/iam/unique-id.ts';

/** As tools that read the account back do it: 48 bits after the prefix, masked and shifted. */
function readAccount(accessKeyId: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = 0n;
  for (const character of accessKeyId.slice(4)) bits = (bits << 5n) | BigInt(alphabet.indexOf(character));
  const first48 = bits >> 32n;
  return ((first48 & 0x7fffffffff80n) >> 7n).toString().padStart(12, '0');
}

test('the account can be read back from a key id', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 999_999_999_999 }), (seed, account) => {
      const accountId = String(account).padStart(12, '0');
      const id = createAccessKeyId(createRandom(seed), 'AKIA', accountId);
      expect(id).toMatch(/^AKIA[A-Z2-7]{16}$/);
      expect(readAccount(id)).toBe(accountId);
    }),
  );
});
