import { isAscii } from 'node:buffer';
import type { HeaderMap } from '../../http/header-map.ts';
import { parseQueryParameters } from '../../routing/query-matcher.ts';

/** An exact comparison: `application/json; charset=utf-8` is not text. */
const TEXTUAL_TYPE = /^(?:application\/(?:json|javascript|xml)$|text\/)/i;

/**
 * Wraps a request as the JSON event that a function receives when payload passthrough is off (gateways.md 1.5).
 *
 * Byte for byte what Envoy 1.19 sent in seed 000, except the order of the header map: protobuf leaves that open, here it
 * is the order of arrival.
 */
export function createLambdaEvent(headers: HeaderMap, body: Buffer | undefined): string {
  const path = headers.get(':path') ?? '';
  // A body without a type is none.
  const isText = body === undefined || TEXTUAL_TYPE.test(headers.get('content-type') ?? '');
  const text = body === undefined ? '' : isText ? decodeBody(body) : body.toString('base64');
  return (
    `{"raw_path":${write(path)},"method":${write(headers.get(':method') ?? '')},"headers":${writeMap(joinHeaders(headers))},` +
    `"query_string_parameters":${writeMap(listParameters(path))},"body":${quote(text)},"is_base64_encoded":${!isText}}`
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
function writeMap(pairs: readonly string[]): string {
  let json = '';
  let text = '';
  for (let index = 0; index < pairs.length; index += 2) {
    const [name, value] = [pairs[index] as string, pairs[index + 1] as string];
    json += `${index === 0 ? '' : ','}"${name}":"${value}"`;
    text += name + value;
  }
  // One look at all of it costs less than one at each.
  return `{${PLAIN.test(text) ? json : escapePairs(pairs)}}`;
}

function escapePairs(pairs: readonly string[]): string {
  let json = '';
  for (let index = 0; index < pairs.length; index += 2)
    json += `${index === 0 ? '' : ','}${write(pairs[index] as string)}:${write(pairs[index + 1] as string)}`;
  return json;
}

/** Name and value in turn. Repeated headers are joined with a bare comma. */
function joinHeaders(headers: HeaderMap): string[] {
  const pairs: string[] = [];
  headers.forEach((name, value) => {
    let index = 0;
    while (index < pairs.length && pairs[index] !== name) index += 2;
    if (index === pairs.length) pairs.push(name, value);
    else pairs[index + 1] += `,${value}`;
  });
  return pairs;
}

/** Name and value in turn. The first value of a repeated parameter stays, whatever Envoy's documentation says. */
function listParameters(target: string): string[] {
  const pairs: string[] = [];
  parseQueryParameters(target).forEach((value, name) => pairs.push(name, value));
  return pairs;
}

/** Protobuf's JSON printer escapes some characters where `JSON.stringify` does not. */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return ESCAPED_TOO.test(json) ? json.replaceAll(new RegExp(ESCAPED_TOO, 'g'), escapeCharacter) : json;
}

const ESCAPED_TOO = /[<>\u007f-\u009f\u2028\u2029\ufeff]/;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
