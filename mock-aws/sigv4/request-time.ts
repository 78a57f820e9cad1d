import type { Instant } from '#core/clock.ts';
import { AuthError } from './auth-error.ts';

/** When a request says it was signed. */
export interface RequestTime {
  readonly at: Instant;
  /** The form the string to sign demands: `20150830T123600Z`. */
  readonly basic: string;
}

const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const BASIC = /^\d{8}T\d{6}Z$/;
const ISO_8601 = /^(\d{4})(-?)(\d\d)\2(\d\d)T(\d\d)(:?)(\d\d)\6(\d\d)(?:[.,]\d+)?(?:Z|([-+])(\d\d):?(\d\d))$/;

/**
 * Reads a date header or parameter: ISO 8601, basic or extended (aws.md 1.10). An HTTP date is not one.
 *
 * @throws AuthError `date-unreadable`
 */
export function parseRequestTime(text: string): RequestTime {
  const time = BASIC.test(text) ? parseBasicTime(text) : parseOtherTime(text);
  if (time !== undefined) return time;
  throw new AuthError(
    'date-unreadable',
    `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
}

/** `20150830T123600Z`; fractions of a second are cut off. */
export function formatBasicTime(at: Instant): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** The form every signer sends. */
function parseBasicTime(text: string): RequestTime | undefined {
  const year = readDigits(text, 0, 4);
  const month = readDigits(text, 4, 6);
  const day = readDigits(text, 6, 8);
  const hour = readDigits(text, 9, 11);
  const minute = readDigits(text, 11, 13);
  const second = readDigits(text, 13, 15);
  if (day < 1 || day > countDays(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return { at: Date.UTC(year, month - 1, day, hour, minute, second), basic: text };
}

/** Days of a month; none in a thirteenth one, or in the years that Date.UTC takes for 1900 to 1999. */
function countDays(year: number, month: number): number {
  if (year < 100) return 0;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeapYear ? 29 : (DAYS_OF_MONTHS[month - 1] ?? 0);
}

function readDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index++) value = value * 10 + text.charCodeAt(index) - 0x30;
  return value;
}

function parseOtherTime(text: string): RequestTime | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, year, , month, day, hour, , minute, second, sign, offsetHours, offsetMinutes] = match;
  const local = parseBasicTime(`${year}${month}${day}T${hour}${minute}${second}Z`);
  if (local === undefined || sign === undefined) return local;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  const at = sign === '-' ? local.at + offsetMs : local.at - offsetMs;
  return { at, basic: formatBasicTime(at) };
}
