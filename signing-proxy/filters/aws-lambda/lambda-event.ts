import { isAscii } from 'node:buffer';
import type { HeaderMap } from '../../http/header-map.ts';
import { parseQueryParameters } from '../../routing/query-matcher.ts';

const TEXTUAL_TYPES = new Set(['application/json', 'application/javascript', 'application/xml']);

/**
 * Wraps a request as the JSON event that a function receives when payload passthrough is off (gateways.md 1.5).
 *
 * Byte for byte what Envoy 1.19 sent in seed 000, except the order of the header map: protobuf leaves that open, here it
 * is the order of arrival.
 */
export function createLambdaEvent(headers: HeaderMap, body: Buffer | undefined): string {
  const path = headers.get(':path') ?? '';
  const isText = body === undefined || isTextual(headers);
  const text = body === undefined ? '' : isText ? decodeBody(body) : body.toString('base64');
  // The first value of a repeated parameter stays, whatever Envoy's documentation says.
  const parameters = writeMap(parseQueryParameters(path));
  return (
    `{"raw_path":${write(path)},"method":${write(headers.get(':method') ?? '')},"headers":${writeMap(joinHeaders(headers))},` +
    `"query_string_parameters":${parameters},"body":${quote(text)},"is_base64_encoded":${!isText}}`
  );
}

function decodeBody(body: Buffer): string {
  const bytes = body.toString('latin1');
  return isAscii(body) ? bytes : decodeBytes(bytes);
}

const ABOVE_ASCII = /[\x80-\xff]/;
/** What its first byte makes a character of UTF-8: looked at no closer than this, as protobuf does. */
const UTF8_SEQUENCE = /[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}/y;
/** A byte that starts no character; or one that starts one, what follows of it, and the byte at which it goes wrong. */
const BROKEN_SEQUENCE =
  /[\x80-\xbf\xf8-\xff]|[\xc0-\xdf][^]?|[\xe0-\xef][\x80-\xbf]?[^]?|[\xf0-\xf7][\x80-\xbf]{0,2}[^]?/y;

/**
 * Reads bytes, one character each, as UTF-8. What is none becomes a space, the byte at which it shows included. Evidence:
 * measured with 1.40, assumed for older releases (gateways.md 1.5).
 */
function decodeBytes(bytes: string): string {
  if (!ABOVE_ASCII.test(bytes)) return bytes;
  let valid = '';
  for (let index = 0; index < bytes.length;) {
    const [sequence] = matchAt(UTF8_SEQUENCE, bytes, index) ?? [];
    const [broken = bytes.charAt(index)] = sequence === undefined ? (matchAt(BROKEN_SEQUENCE, bytes, index) ?? []) : [];
    const taken = sequence ?? broken;
    valid += sequence ?? (ABOVE_ASCII.test(broken.charAt(0)) ? ' ' : broken);
    index += taken.length;
  }
  return Buffer.from(valid, 'latin1').toString('utf8');
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/** What needs neither decoding nor escaping: nearly every name and value. */
const PLAIN = /^[\x20!#-;=?-[\]-~]*$/;

function write(bytes: string): string {
  return PLAIN.test(bytes) ? `"${bytes}"` : quote(decodeBytes(bytes));
}

/** Written by hand to keep the order: an object would put names that look like numbers first. */
function writeMap(map: ReadonlyMap<string, string>): string {
  let json = '';
  for (const [name, value] of map) json += `${json === '' ? '' : ','}${write(name)}:${write(value)}`;
  return `{${json}}`;
}

/** Repeated headers are joined with a bare comma. */
function joinHeaders(headers: HeaderMap): Map<string, string> {
  const joined = new Map<string, string>();
  headers.forEach((name, value) => {
    const known = joined.get(name);
    joined.set(name, known === undefined ? value : `${known},${value}`);
  });
  return joined;
}

/** An exact comparison: `application/json; charset=utf-8` is not text, and neither is a request without a type. */
function isTextual(headers: HeaderMap): boolean {
  const type = headers.get('content-type')?.toLowerCase();
  return type !== undefined && (TEXTUAL_TYPES.has(type) || type.startsWith('text/'));
}

/** Protobuf's JSON printer escapes some characters where `JSON.stringify` does not. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[<>\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
