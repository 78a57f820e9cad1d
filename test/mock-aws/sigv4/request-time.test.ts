import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBasicTime, parseRequestTime } from '#mock-aws/sigv4/request-time.ts';

test.each([
  ['20150830T123600Z', '20150830T123600Z'],
  ['2015-08-30T12:36:00Z', '20150830T123600Z'],
  ['2015-08-30T12:36:00.123Z', '20150830T123600Z'],
  ['2015-08-30T14:36:00+02:00', '20150830T123600Z'],
  ['20150830T073600-0500', '20150830T123600Z'],
  ['20240229T000000Z', '20240229T000000Z'],
])('reads %s as %s', (text, basic) => {
  expect(parseRequestTime(text).basic).toBe(basic);
});

test.each([
  '',
  'now',
  '20150830',
  '20150830T123600',
  '20150830T1236Z',
  '20151301T000000Z',
  '20150001T000000Z',
  '20150100T000000Z',
  '20150229T000000Z',
  '20150830T240000Z',
  '20150830T126000Z',
  '20150830T123660Z',
  '00500830T123600Z',
  '2015-0830T123600Z',
  'Sun, 30 Aug 2015 12:36:00 GMT',
  ' 20150830T123600Z',
])('refuses %j', (text) => {
  expect(() => parseRequestTime(text)).toThrow(
    `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
});

test('reads back every second it writes', () => {
  const second = fc.integer({ min: Date.UTC(1000, 0) / 1_000, max: Date.UTC(9999, 11, 31) / 1_000 });
  fc.assert(
    fc.property(second, (value) => {
      expect(parseRequestTime(formatBasicTime(value * 1_000)).at).toBe(value * 1_000);
    }),
  );
});
