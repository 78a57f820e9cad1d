import type { Instant } from '#core/clock.ts';
import { AuthError } from './auth-error.ts';

/** When a request says it was signed. */
export interface RequestTime {
  readonly at: Instant;
  /** The form the string to sign demands: `20150830T123600Z`. */
  readonly basic: string;
}

const ISO_8601 = /^(\d{4})(-?)(\d\d)\2(\d\d)T(\d\d)(:?)(\d\d)\6(\d\d)(?:[.,]\d+)?(?:Z|([-+])(\d\d):?(\d\d))$/;

/**
 * Reads a date header or parameter: ISO 8601, basic or extended (aws.md 1.10). An HTTP date is not one.
 *
 * @throws AuthError `date-unreadable`
 */
export function parseRequestTime(text: string): RequestTime {
  const at = parseIsoTime(text);
  if (at === undefined) {
    throw new AuthError(
      'date-unreadable',
      `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  return { at, basic: formatBasicTime(at) };
}

/** `20150830T123600Z`; fractions of a second are cut off. */
export function formatBasicTime(at: Instant): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

function parseIsoTime(text: string): Instant | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, year, , month, day, hour, , minute, second, sign, offsetHours, offsetMinutes] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const at = Date.parse(local);
  // Date.parse rolls 30 February over to March; what it read must be what was written.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  if (sign === undefined) return at;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  return sign === '-' ? at + offsetMs : at - offsetMs;
}
