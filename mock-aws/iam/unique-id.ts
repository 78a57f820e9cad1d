import type { Random } from '#core/random.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_ID_BITS = 80n;
const ACCOUNT_SHIFT = 39n;

/**
 * An access key id: prefix and 16 base32 characters with the account packed into them (aws.md 1.11), so that tools
 * which read the account back get the right one.
 */
export function createAccessKeyId(random: Random, prefix: 'AKIA' | 'ASIA', accountId: string): string {
  // Bit 79 is set in every id made since the account is packed; 40 bits of account follow; the rest is chance.
  const chance = BigInt(`0x${random.hex(20)}`) & ((1n << ACCOUNT_SHIFT) - 1n);
  const packed = (1n << (KEY_ID_BITS - 1n)) | (BigInt(accountId) << ACCOUNT_SHIFT) | chance;
  let text = '';
  for (let shift = KEY_ID_BITS - 5n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((packed >> shift) & 31n)] ?? '';
  return prefix + text;
}

/** A principal id: prefix and 17 base32 characters. */
export function createPrincipalId(random: Random, prefix: 'AIDA' | 'AROA' | 'ANPA'): string {
  let text: string = prefix;
  for (const byte of random.bytes(17)) text += ALPHABET[byte % 32] ?? '';
  return text;
}

/** A secret access key: 40 characters of the base64 alphabet. */
export function createSecretAccessKey(random: Random): string {
  return random.bytes(30).toString('base64');
}

/** A session token: opaque, with the characters that clients must encode in a query (aws.md 3.3). */
export function createSessionToken(random: Random): string {
  return `IQoJb3JpZ2luX2Vj${random.bytes(301).toString('base64')}`;
}
