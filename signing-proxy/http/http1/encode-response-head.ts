import { STATUS_CODES } from 'node:http';
import type { HeaderMap } from '../header-map.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Writes a response head with the empty line behind it: names in lower case, in their order, nothing added.
 *
 * @throws TypeError for a header that would end its line: a function's answer may ask for one
 */
export function encodeResponseHead(headers: HeaderMap): string {
  const status = headers.get(':status') ?? '';
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  headers.forEach((name, value) => {
    if (!NAME.test(name) || !VALUE.test(value)) throw new TypeError(`header "${name}" cannot be sent`);
    text += `${name}: ${value}\r\n`;
  });
  return `${text}\r\n`;
}
