import { expect, test } from 'vitest';
import { hashXx64 } from '#signing-proxy/upstreams/balancing/xx-hash.ts';

// The first three are of the specification's own sanity checks, the others of the implementations it lists.
test.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['message digest', 0x066ed728fceeb3ben],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
  ['1234567890'.repeat(8), 0xe04a477f19ee145dn],
])('hashes %j', (text, hash) => {
  expect(hashXx64(text)).toBe(hash);
});

test('hashes the same text differently with another seed', () => {
  expect(hashXx64('abc', 1n)).toBe(0xbea9ca8199328908n);
});
