import { AuthError } from './auth-error.ts';
import { findBrokenEscape, normalizePercentEncoding, percentDecode } from './percent-encoding.ts';
import type { PlusReading } from './types.ts';

/** One parameter of a query string, name and value in canonical percent-encoding. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

const NO_PARAMETERS: readonly QueryParameter[] = [];

/**
 * Splits a raw query string; a name without `=` gets an empty value.
 *
 * @throws AuthError `query-malformed` with AWS's text when an escape is broken
 */
export function parseQuery(query: string, plusReading: PlusReading = 'literal'): readonly QueryParameter[] {
  if (query === '') return NO_PARAMETERS;
  const text = plusReading === 'space' ? query.replaceAll('+', '%20') : query;
  return text
    .split('&')
    .filter((part) => part !== '')
    .map(parseParameter);
}

/** The decoded value of the first parameter of that name: duplicates after it do not count (aws.md 1.4). */
export function findParameter(parameters: readonly QueryParameter[], name: string): string | undefined {
  for (const parameter of parameters) {
    if (parameter.name === name) return percentDecode(parameter.value);
  }
  return undefined;
}

function parseParameter(part: string): QueryParameter {
  const equals = part.indexOf('=');
  const name = equals === -1 ? part : part.slice(0, equals);
  const value = equals === -1 ? '' : part.slice(equals + 1);
  checkEscapes(name);
  checkEscapes(value);
  return { name: normalizePercentEncoding(name), value: normalizePercentEncoding(value) };
}

function checkEscapes(text: string): void {
  const at = findBrokenEscape(text);
  if (at === -1) return;
  const digits = text.slice(at + 1, at + 3);
  throw new AuthError(
    'query-malformed',
    digits.length < 2
      ? 'Incomplete trailing escape % sequence'
      : `Illegal hex character in escape % pattern: %${digits}`,
  );
}
