import type { HeaderIndex } from './header-index.ts';

const IRREGULAR_BLANKS = /^ | $|  |[\t\r\n]/;
const BLANKS = /[ \t\r\n]+/g;
const OUTER_BLANKS = /^ | $/g;

/**
 * The header lines of the canonical request, each ended by a line feed: names in byte order, repeated headers joined
 * by a comma, runs of blanks as one. A signed header that is absent, or is not named in lower case, contributes an empty
 * value (aws.md 1.7).
 */
export function createCanonicalHeaders(headers: HeaderIndex, signedHeaders: readonly string[]): string {
  let lines = '';
  for (const name of sortNames(signedHeaders)) lines += `${name}:${findCanonicalValue(headers, name)}\n`;
  return lines;
}

function findCanonicalValue(headers: HeaderIndex, name: string): string {
  const value = headers.join(name, ',', normalizeBlanks);
  if (value !== undefined) return value;
  // HTTP/2 carries the host in `:authority`; each stands in for the other (aws.md 1.4 step 8, 1.8).
  if (name === 'host') return headers.join(':authority', ',', normalizeBlanks) ?? '';
  if (name === ':authority') return headers.join('host', ',', normalizeBlanks) ?? '';
  return '';
}

/** `String.trim` would also remove the byte A0, which is no blank in a header. */
function normalizeBlanks(value: string): string {
  return IRREGULAR_BLANKS.test(value) ? value.replace(BLANKS, ' ').replace(OUTER_BLANKS, '') : value;
}

function sortNames(names: readonly string[]): readonly string[] {
  return isSorted(names) ? names : names.toSorted();
}

function isSorted(names: readonly string[]): boolean {
  let last = '';
  for (const name of names) {
    if (name < last) return false;
    last = name;
  }
  return true;
}
