import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIpBits, parsePrefixBits, prefixesOf } from '#signing-proxy/listeners/ip-prefix.ts';

describe('IP prefixes', () => {
  test.each(['10.0.0.256', '10.0.0', 'a.b.c.d', '1:2', '1::2::3', 'fe80::g', ''])('refuses %j', (address) => {
    expect(parseIpBits(address)).toBeUndefined();
  });

  test('reads the spellings of one IPv6 address alike', () => {
    expect(parseIpBits('2001:db8::1')).toBe(parseIpBits('2001:0db8:0:0:0:0:0:1'));
    expect(parseIpBits('::')).toBe('0'.repeat(128));
  });

  test('takes an IPv4 address mapped into IPv6 for IPv4', () => {
    expect(parseIpBits('::ffff:10.0.0.1')).toBe(parseIpBits('10.0.0.1'));
  });

  test('finds every range that holds an address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, length) => {
        expect(prefixesOf(address)).toContain(parsePrefixBits(address, length));
      }),
    );
    fc.assert(
      fc.property(
        fc.ipV6().filter((address) => !address.includes('.')),
        fc.integer({ min: 0, max: 128 }),
        (address, length) => {
          expect(prefixesOf(address)).toContain(parsePrefixBits(address, length));
        },
      ),
    );
  });
});
