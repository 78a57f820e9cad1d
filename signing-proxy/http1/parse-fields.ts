import { Http1SyntaxError } from './http1-syntax-error.ts';

/** RFC 9112 5, strictly: no folded lines, no space before the colon, no control characters, no line end but CR LF. */
const FIELD = /[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*(?:\r\n|$)/y;
const SPACE = 32;
const TAB = 9;
const LINE_FEED = 10;

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
    if (!FIELD.test(text))
      throw new Http1SyntaxError(`not a header: ${JSON.stringify(text.slice(position, position + 80))}`);
    const end = FIELD.lastIndex;
    const colon = text.indexOf(':', position);
    fields.push(text.slice(position, colon), sliceTrimmed(text, colon + 1, hasLineEnd(text, end) ? end - 2 : end));
    position = end;
  }
  return fields;
}

function hasLineEnd(text: string, end: number): boolean {
  return text.charCodeAt(end - 1) === LINE_FEED;
}

/** A part of a text without spaces and tabs around it. */
function sliceTrimmed(text: string, start: number, end: number): string {
  let [first, last] = [start, end];
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
