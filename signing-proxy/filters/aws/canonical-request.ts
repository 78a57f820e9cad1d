import type { SigningRules } from '../../dialects/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import type { SignedHeaderRule } from './signed-header-rule.ts';

/** The headers of a request as they are signed. */
export interface CanonicalHeaders {
  /** One line each, ended by a line feed. */
  readonly lines: string;
  /** Sorted names joined with `;`. */
  readonly names: string;
}

/** What a canonical request is made of besides the head of the request. */
interface CanonicalParts {
  readonly canonicalHeaders: CanonicalHeaders;
  readonly service: string;
  readonly payloadHash: string;
}

/** Writes down what the signature covers, by the rules of one dialect (gateways.md 2.1 to 2.5). */
export function createCanonicalRequest(
  headers: HeaderMap,
  { canonicalHeaders, service, payloadHash }: CanonicalParts,
  rules: SigningRules,
): string {
  const target = headers.get(':path') ?? '';
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  const query = queryStart < 0 ? '' : rules.createCanonicalQuery(target.slice(queryStart + 1));
  const method = headers.get(':method') ?? '';
  const { lines, names } = canonicalHeaders;
  return `${method}\n${rules.createCanonicalPath(path, service)}\n${query}\n${lines}\n${names}\n${payloadHash}`;
}

/** The headers that a rule lets be signed, and the host. Headers without a value never are. */
export function createCanonicalHeaders(
  headers: HeaderMap,
  rules: SigningRules,
  isSigned: SignedHeaderRule,
): CanonicalHeaders {
  const names: string[] = [];
  const values: string[] = [];
  headers.forEach((name, value) => {
    if (name !== '' && value !== '' && isSigned(name)) insertSorted({ names, values }, name, collapseWhitespace(value));
  });
  const authority = headers.get(':authority') ?? '';
  if (authority !== '' && !names.includes('host'))
    insertSorted({ names, values }, 'host', rules.createCanonicalHost(authority));
  let lines = '';
  let list = '';
  for (let index = 0; index < names.length; index++) {
    lines += `${names[index]}:${values[index]}\n`;
    list += index === 0 ? names[index] : `;${names[index]}`;
  }
  return { lines, names: list };
}

/** Sorts a header in by its name; values of one name are joined with a comma. A dozen headers need no cleverer way. */
function insertSorted(
  { names, values }: { readonly names: string[]; readonly values: string[] },
  name: string,
  value: string,
): void {
  let place = names.length;
  while (place > 0 && (names[place - 1] as string) > name) place--;
  if (place > 0 && names[place - 1] === name) {
    values[place - 1] += `,${value}`;
    return;
  }
  for (let index = names.length; index > place; index--) {
    names[index] = names[index - 1] as string;
    values[index] = values[index - 1] as string;
  }
  names[place] = name;
  values[place] = value;
}

/** Outer whitespace, or two whitespace characters in a row. */
const UNTIDY = /^[ \t-\r]|[ \t-\r]$|[ \t-\r]{2}/;

/** No outer whitespace, and of each inner run the last character, which is what `absl::RemoveExtraAsciiWhitespace` keeps. */
function collapseWhitespace(value: string): string {
  if (!UNTIDY.test(value)) return value;
  return value.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '').replace(/[ \t-\r]*([ \t-\r])/g, '$1');
}
