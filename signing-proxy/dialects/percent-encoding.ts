/** Percent-encodes the characters that a pattern matches. Header values are one character per byte. */
export function encode(text: string, reserved: RegExp): string {
  return text.replace(reserved, encodeCharacter);
}

/** `%E9` for the byte E9. */
export function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Decodes escapes and leaves what only looks like one. */
export function decode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
