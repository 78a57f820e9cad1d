import { hash } from 'node:crypto';

/** SHA-256 of nothing, in hex. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const WIDE_CHARACTER = /[\u0100-\uffff]/;

/** SHA-256 in hex of bytes, or of a byte string. */
export function sha256Hex(data: Uint8Array | string): string {
  if (typeof data !== 'string' || isAscii(data)) return hash('sha256', data, 'hex');
  return hash('sha256', Buffer.from(toByteString(data), 'latin1'), 'hex');
}

/**
 * Text with one character per byte, so that a header is hashed as it was received and not as its UTF-8 re-encoding. Text
 * with characters above U+00FF did not come off a wire and is taken as UTF-8, never truncated.
 */
export function toByteString(text: string): string {
  return !isAscii(text) && WIDE_CHARACTER.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** Much faster than looking at every character, and nearly every canonical request is. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text, 'utf8') === text.length;
}
