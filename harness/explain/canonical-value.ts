import { forEachHeader, getHeaderValues, type RawHeaders } from '#core/http-message.ts';

/** The canonical value of a header (aws.md 1.7), or undefined when it is absent. */
export function findCanonicalValue(headers: RawHeaders, name: string): string | undefined {
  const values = getHeaderValues(headers, name);
  if (values.length === 0) return name === 'host' ? findAuthority(headers) : undefined;
  return values.map(normalizeBlanks).join(',');
}

/** Outer blanks off, inner runs of blanks as one. */
export function normalizeBlanks(value: string): string {
  return value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');
}

function findAuthority(headers: RawHeaders): string | undefined {
  let authority: string | undefined;
  forEachHeader(headers, (name, value) => {
    if (name === ':authority') authority ??= normalizeBlanks(value);
  });
  return authority;
}
