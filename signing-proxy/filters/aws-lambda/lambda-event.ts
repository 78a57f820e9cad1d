import { isUtf8 } from 'node:buffer';
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
  const isText = body === undefined || body.length === 0 || isTextual(headers);
  // Evidence: assumed. A protobuf string holds UTF-8 only; Envoy then sends the text of the conversion error.
  if (body !== undefined && isText && !isUtf8(body))
    return 'Failed to convert protobuf message to JSON string: body is not valid UTF-8';
  const text = body === undefined ? '' : body.toString(isText ? 'utf8' : 'base64');
  // The first value of a repeated parameter stays, whatever Envoy's documentation says.
  const parameters = writeMap(parseQueryParameters(path));
  const json =
    `{"raw_path":${JSON.stringify(path)},"method":${JSON.stringify(headers.get(':method') ?? '')},"headers":${writeMap(joinHeaders(headers))},` +
    `"query_string_parameters":${parameters},"body":${JSON.stringify(text)},"is_base64_encoded":${!isText}}`;
  return escapeAsProtobuf(json);
}

/** Written by hand to keep the order: an object would put names that look like numbers first. */
function writeMap(map: ReadonlyMap<string, string>): string {
  let json = '';
  for (const [name, value] of map) json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
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

/** Protobuf's JSON printer escapes these where `JSON.stringify` does not. */
function escapeAsProtobuf(json: string): string {
  return json.replace(
    /[<>\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
