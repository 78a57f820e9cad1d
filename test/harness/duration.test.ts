import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '#harness/duration.ts';

const testParse = (text: string, durationMs: number | undefined) =>
  test(`reads "${text}"`, () => expect(parseDuration(text)).toBe(durationMs));
const testFormat = (durationMs: number, text: string) =>
  test(`writes ${durationMs} ms as ${text}`, () => expect(formatDuration(durationMs)).toBe(text));

testParse('500ms', 500);
testParse('2s', 2_000);
testParse('1.5m', 90_000);
testParse('1h', 3_600_000);
testParse('2', undefined);
testParse('-1s', undefined);
testParse('1 s', undefined);

testFormat(0, '0ms');
testFormat(12.4, '12ms');
testFormat(999.9, '1.0s');
testFormat(1_000, '1.0s');
testFormat(59_949, '59.9s');
testFormat(59_990, '1m00s');
testFormat(65_000, '1m05s');
testFormat(3_720_000, '1h02m');
testFormat(3_599_600, '1h00m');
