import { timingSafeEqual } from 'node:crypto';
import { toBytes } from './digest.ts';

/** Compares in a time that tells nothing about where two texts of one length differ. */
export function isSameText(left: string, right: string): boolean {
  const leftBytes = toBytes(left);
  const rightBytes = toBytes(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
