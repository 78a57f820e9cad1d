import { percentDecode, percentEncode } from '#mock-aws/sigv4/percent-encoding.ts';
import { parseQuery } from '#mock-aws/sigv4/query-parameters.ts';
import { createCanonicalQuery } from '#mock-aws/sigv4/canonical-query.ts';
import { splitTarget } from '#mock-aws/sigv4/split-target.ts';
import type { SignatureCause } from '../cause.ts';
import { type Change, quoteValue } from '../change.ts';
import type { SearchSubject } from '../search-subject.ts';

interface QueryForm {
  readonly query: string;
  readonly cause: SignatureCause;
  readonly how: string;
  readonly origin?: Change['origin'];
}

/** Other queries, and other orders and spellings of the query, that may have been signed (aws.md 1.7, gateways.md 2.5). */
export function createQueryChanges(subject: SearchSubject): Change[] {
  const checked = subject.parts.query;
  const wire = listWireParts(subject.received.target);
  return [
    ...subject.observed.flatMap(({ target }) => readObserved(target, subject)),
    ...listOrders(wire, checked),
    ...listSpellings(wire, checked),
    ...listRemovals(checked),
  ]
    .filter(({ query }) => query !== checked)
    .map((form) => createChange(form, checked));
}

/** The parameters as written, without the signature itself. */
function listWireParts(target: string): string[] {
  const parts = splitTarget(target).query.split('&');
  return parts.filter((part) => part !== '' && !part.startsWith('X-Amz-Signature='));
}

function readObserved(target: string, { form }: SearchSubject): QueryForm[] {
  try {
    const query = createCanonicalQuery(parseQuery(splitTarget(target).query), form);
    return [{ query, cause: 'query-changed', how: `read as ${quoteValue(query)}`, origin: 'observed' }];
  } catch {
    return [];
  }
}

function listOrders(wire: readonly string[], checked: string): QueryForm[] {
  const canonical = new Map(wire.map((part) => [part, spellCanonically(part)]));
  const spelled = wire.map((part) => canonical.get(part) ?? part);
  const byRawText = wire.toSorted(compareText).map((part) => canonical.get(part) ?? part);
  const byName = spelled.toSorted((left, right) => compareText(nameOf(left), nameOf(right)));
  const orders = [spelled, byRawText, byName, spelled.toReversed(), checked.split('&').toReversed()];
  return orders.map((parts) => ({
    query: parts.join('&'),
    cause: 'query-order' as const,
    how: `ordered as "${parts.map(nameOf).join(', ')}"`,
  }));
}

function listSpellings(wire: readonly string[], checked: string): QueryForm[] {
  const raw = wire.join('&');
  const sortedRaw = wire.toSorted(compareText).join('&');
  const values = mapValues(checked, percentEncode);
  const spellings: readonly (readonly [string, string])[] = [
    [raw, 'as it is on the wire'],
    [sortedRaw, 'sorted, otherwise as it is on the wire'],
    [checked.replaceAll('%2B', '%20'), 'with "+" read as a blank'],
    [checked.replaceAll('%20', '%2B'), 'with blanks read as "+"'],
    [checked.replaceAll('%20', '+'), 'with blanks as "+"'],
    [checked.replaceAll('%2B', '+'), 'with "+" not encoded'],
    [checked.replaceAll('%2F', '/'), 'with "/" not encoded'],
    [checked.replaceAll('%2C', ','), 'with "," not encoded'],
    [checked.replaceAll('%3A', ':'), 'with ":" not encoded'],
    [checked.replaceAll('~', '%7E'), 'with "~" encoded'],
    [keepMarks(checked), `with "!'()*" not encoded`],
    [checked.replace(/%3D/g, '%253D'), 'with "=" in values encoded twice'],
    [checked.replace(/=(?=&|$)/g, ''), 'without "=" after empty values'],
    [checked.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()), 'with lower-case hexadecimal digits'],
    [percentDecode(checked), 'decoded'],
    [values, 'encoded once more'],
    [checked.replace(/%25(?=[0-9A-F]{2})/g, '%'), 'encoded once less'],
  ];
  return spellings.map(([query, how]) => ({ query, cause: 'query-encoding' as const, how: `taken ${how}` }));
}

/** Parameters that may have been added after signing. */
function listRemovals(checked: string): QueryForm[] {
  if (checked === '') return [];
  const parts = checked.split('&');
  const single = parts.map((part, left) => ({
    query: parts.filter((_, index) => index !== left).join('&'),
    cause: nameOf(part) === 'X-Amz-Security-Token' ? ('session-token' as const) : ('query-changed' as const),
    how: `read without "${nameOf(part)}"`,
  }));
  return [...single, { query: '', cause: 'query-changed', how: 'read as empty' }];
}

function spellCanonically(part: string): string {
  try {
    return parseQuery(part)
      .map(({ name, value }) => `${name}=${value}`)
      .join('&');
  } catch {
    return part;
  }
}

function mapValues(query: string, map: (value: string) => string): string {
  return query
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals === -1 ? part : `${part.slice(0, equals)}=${map(part.slice(equals + 1))}`;
    })
    .join('&');
}

/** What JavaScript's `encodeURIComponent` leaves alone and SigV4 encodes. */
function keepMarks(query: string): string {
  return query.replace(/%(?:21|27|28|29|2A)/g, (escape) => percentDecode(escape));
}

function nameOf(part: string): string {
  return part.split('=', 1)[0] ?? '';
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function createChange({ query, cause, how, origin = 'usual' }: QueryForm, checked: string): Change {
  return { cause, edit: { query }, reading: `the query is ${how}`, origin, subject: ':query', signed: query, checked };
}
