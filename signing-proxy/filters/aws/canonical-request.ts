import type { SigningRules } from '../../dialects/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';

export interface CanonicalRequest {
  readonly text: string;
  /** Sorted names joined with `;`. */
  readonly signedHeaders: string;
}

/** Writes down what the signature covers, by the rules of one dialect (gateways.md 2.1 to 2.5). */
export function createCanonicalRequest(headers: HeaderMap, payloadHash: string, rules: SigningRules): CanonicalRequest {
  const canonicalHeaders = createCanonicalHeaders(headers, rules);
  const target = headers.get(':path') ?? '';
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  const query = queryStart < 0 ? '' : target.slice(queryStart + 1);

  let lines = '';
  let signedHeaders = '';
  for (const [name, value] of canonicalHeaders) {
    lines += `${name}:${value}\n`;
    signedHeaders += signedHeaders === '' ? name : `;${name}`;
  }
  const method = headers.get(':method') ?? '';
  const text = `${method}\n${rules.createCanonicalPath(path)}\n${rules.createCanonicalQuery(query)}\n${lines}\n${signedHeaders}\n${payloadHash}`;
  return { text, signedHeaders };
}

function createCanonicalHeaders(headers: HeaderMap, rules: SigningRules): [name: string, value: string][] {
  const values = new Map<string, string>();
  headers.forEach((name, value) => {
    if (name === '' || value === '' || rules.excludedHeaders.has(name)) return;
    const known = values.get(name);
    const canonical = collapseWhitespace(value);
    values.set(name, known === undefined ? canonical : `${known},${canonical}`);
  });
  const authority = headers.get(':authority') ?? '';
  if (authority !== '' && !values.has('host')) values.set('host', rules.createCanonicalHost(authority));
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Outer whitespace, or two whitespace characters in a row. */
const UNTIDY = /^[ \t-\r]|[ \t-\r]$|[ \t-\r]{2}/;

/** No outer whitespace, and of each inner run the last character, which is what `absl::RemoveExtraAsciiWhitespace` keeps. */
function collapseWhitespace(value: string): string {
  if (!UNTIDY.test(value)) return value;
  return value.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '').replace(/[ \t-\r]*([ \t-\r])/g, '$1');
}
