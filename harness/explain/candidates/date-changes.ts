import { getHeader } from '#core/http-message.ts';
import { formatBasicTime, parseRequestTime } from '#mock-aws/sigv4/request-time.ts';
import { findCanonicalValue } from '../canonical-value.ts';
import type { Change } from '../change.ts';
import type { SearchSubject } from '../search-subject.ts';
import { findLine, type PartsEdit, type SigningParts } from '../signing-parts.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Other times that may have been signed: zeroed seconds (gateways.md 2.6), a tick of the clock, a local time. */
export function createDateChanges(subject: SearchSubject): Change[] {
  const at = readTime(subject.parts.stamp);
  if (at === undefined) return [];
  const zeroed = at - (at % MINUTE_MS);
  const ticks = [1, 2, 3, 4, 5].flatMap((seconds) => [at - seconds * SECOND_MS, at + seconds * SECOND_MS]);
  const minutes = range(1, 15).flatMap((count) => [at - count * MINUTE_MS, at + count * MINUTE_MS]);
  const zones = range(1, 14).flatMap((hours) => [at - hours * HOUR_MS, at + hours * HOUR_MS]);
  return [
    ...listObserved(subject).flatMap((time) => createChanges(subject, time, 'observed')),
    ...[zeroed, ...ticks.slice(0, 4)].flatMap((time) => createChanges(subject, time, 'usual')),
    ...[...ticks.slice(4), ...minutes, ...zones].flatMap((time) => createChanges(subject, time, 'rare')),
    ...createOtherForms(subject, at),
  ];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function readTime(text: string): number | undefined {
  try {
    return parseRequestTime(text).at;
  } catch {
    return undefined;
  }
}

/** The `Date` header and the dates this request has at other places. */
function listObserved({ received, observed }: SearchSubject): number[] {
  const date = getHeader(received.headers, 'date');
  const stamps = observed.flatMap(({ headers }) => findCanonicalValue(headers, 'x-amz-date') ?? []);
  const fromHeader = date === undefined ? [] : [Date.parse(date)];
  return [...fromHeader, ...stamps.flatMap((stamp) => readTime(stamp) ?? [])].filter((at) => !Number.isNaN(at));
}

/** Where the date is sent and where it is signed, a signer can be wrong in both or in one of them. */
function createChanges({ parts }: SearchSubject, at: number, origin: Change['origin']): Change[] {
  const stamp = formatBasicTime(at);
  if (stamp === parts.stamp) return [];
  const sent = editSentDate(parts, stamp);
  const forms: readonly DateForm[] =
    sent === undefined
      ? [{ edit: { stamp }, where: 'the string to sign', origin }]
      : [
          { edit: { stamp, ...sent }, where: 'x-amz-date and the string to sign', origin },
          { edit: { stamp }, where: 'the string to sign', origin: 'rare' },
          { edit: sent, where: 'x-amz-date', origin: 'rare' },
        ];
  return forms.map((form) => createChange(parts.stamp, stamp, form));
}

interface DateForm {
  readonly edit: PartsEdit;
  readonly where: string;
  readonly origin: Change['origin'];
}

/** Another date in the signed header, or in the parameter of the query form; undefined when neither is signed. */
function editSentDate(parts: SigningParts, date: string): PartsEdit | undefined {
  if (findLine(parts, 'x-amz-date') !== undefined) return { headers: { 'x-amz-date': date } };
  const query = parts.query.replace(/(^|&)X-Amz-Date=[^&]*/, `$1X-Amz-Date=${encodeURIComponent(date)}`);
  return query === parts.query ? undefined : { query };
}

/** The same time written otherwise, where it is sent or in the string to sign. */
function createOtherForms({ parts }: SearchSubject, at: number): Change[] {
  const extended = new Date(at).toISOString();
  return [extended, extended.replace(/\.\d+Z$/, 'Z'), new Date(at).toUTCString()].flatMap((date) => {
    const sent = editSentDate(parts, date);
    const inString: DateForm = { edit: { stamp: date }, where: 'the string to sign', origin: 'rare' };
    const forms =
      sent === undefined ? [inString] : [inString, { edit: sent, where: 'x-amz-date', origin: 'rare' as const }];
    return forms.map((form) => createChange(parts.stamp, date, form));
  });
}

function createChange(checked: string, signed: string, { edit, where, origin }: DateForm): Change {
  const reading = `the date is read as "${signed}" in ${where}`;
  return { cause: 'wrong-date', edit, reading, origin, subject: ':date', signed, checked };
}
