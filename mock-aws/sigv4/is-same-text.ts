import { timingSafeEqual } from 'node:crypto';
import { toByteString } from './digest.ts';

/** Compares in a time that tells nothing about where two texts of one length differ. */
export function isSameText(left: string, right: string): boolean {
  const leftBytes = Buffer.from(toByteString(left), 'latin1');
  const rightBytes = Buffer.from(toByteString(right), 'latin1');
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
