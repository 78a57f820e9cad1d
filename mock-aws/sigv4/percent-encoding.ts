const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]*$/;
const ANYTHING_ELSE = /[^A-Za-z0-9\-._~]/g;
const ANYTHING_ELSE_OR_ESCAPE = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/g;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** Percent-encodes every byte of a byte string but the unreserved ones; a `%` becomes `%25`. */
export function percentEncode(text: string): string {
  return UNRESERVED_ONLY.test(text) ? text : text.replace(ANYTHING_ELSE, encodeCharacter);
}

/**
 * Decodes and encodes again: escapes get upper-case digits, unreserved bytes lose theirs, bare reserved bytes gain one.
 * Escapes must be well formed.
 */
export function normalizePercentEncoding(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  return text.replace(ANYTHING_ELSE_OR_ESCAPE, (match) =>
    match.length === 3 ? encodeCharacter(decodeEscape(match.slice(1))) : encodeCharacter(match),
  );
}

/** The byte string behind well-formed escapes. */
export function percentDecode(text: string): string {
  return text.includes('%') ? text.replace(ESCAPE, (_, digits: string) => decodeEscape(digits)) : text;
}

/** Where the first `%` without two hexadecimal digits is; -1 when there is none. */
export function findBrokenEscape(text: string): number {
  return text.includes('%') ? text.search(BROKEN_ESCAPE) : -1;
}

function decodeEscape(digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}

function encodeCharacter(character: string): string {
  if (UNRESERVED_ONLY.test(character)) return character;
  const code = character.charCodeAt(0);
  if (code <= 0xff) return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  // Not a byte: text that was decoded before it came here. Its UTF-8 bytes are what the wire had.
  return Buffer.from(character, 'utf8').reduce(
    (encoded, byte) => encoded + encodeCharacter(String.fromCharCode(byte)),
    '',
  );
}
