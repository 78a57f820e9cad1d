import { Http1SyntaxError } from './http1-syntax-error.ts';

/** RFC 9112 5, strictly: no folded lines, no space before the colon, no control characters, no line end but CR LF. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)(?:\r\n|$)/y;
const SPACE = 32;
const TAB = 9;

/**
 * Reads header lines from a place in a text to its end, where the last line has no line end. Returns name and value in turn,
 * as received.
 *
 * @throws Http1SyntaxError
 */
export function parseFields(text: string, start: number): string[] {
  const fields: string[] = [];
  let position = start;
  while (position < text.length) {
    FIELD.lastIndex = position;
    const match = FIELD.exec(text);
    if (match === null)
      throw new Http1SyntaxError(`not a header: ${JSON.stringify(text.slice(position, position + 80))}`);
    const [line, name, value] = match as unknown as [string, string, string];
    fields.push(name, trimEnd(value));
    position += line.length;
  }
  return fields;
}

function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && (value.charCodeAt(end - 1) === SPACE || value.charCodeAt(end - 1) === TAB)) end--;
  return end === value.length ? value : value.slice(0, end);
}
