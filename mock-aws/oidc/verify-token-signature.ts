import { constants, createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import type { WebIdentityToken } from './web-identity-token.ts';

/** A public key as an issuer publishes it (RFC 7517). */
export type PublishedKey = Readonly<Record<string, unknown>>;

interface Algorithm {
  readonly hash: string;
  readonly kty: 'RSA' | 'EC';
  readonly curve?: string;
}

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['RS256', { hash: 'sha256', kty: 'RSA' }],
  ['RS384', { hash: 'sha384', kty: 'RSA' }],
  ['RS512', { hash: 'sha512', kty: 'RSA' }],
  ['ES256', { hash: 'sha256', kty: 'EC', curve: 'P-256' }],
  ['ES384', { hash: 'sha384', kty: 'EC', curve: 'P-384' }],
  ['ES512', { hash: 'sha512', kty: 'EC', curve: 'P-521' }],
]);

/**
 * Compares a token's signature with an issuer's keys; never throws, whatever the keys are.
 *
 * By `node:crypto` and not by a JWT library: those verify in a thread of their own, and what happens in the meantime would
 * depend on the machine. The type of a key is decided by the algorithm, never by the token alone.
 */
export function verifyTokenSignature(
  token: WebIdentityToken,
  keys: readonly PublishedKey[],
): 'valid' | 'invalid' | 'no-key' {
  const algorithm = ALGORITHMS.get(token.algorithm);
  if (algorithm === undefined) return 'invalid';
  const fitting = keys.filter((key) => isFor(key, token, algorithm));
  if (fitting.length === 0) return 'no-key';
  return fitting.some((key) => isSignedBy(key, token, algorithm)) ? 'valid' : 'invalid';
}

function isFor(key: PublishedKey, token: WebIdentityToken, { kty, curve }: Algorithm): boolean {
  return (
    key['kty'] === kty &&
    (curve === undefined || key['crv'] === curve) &&
    (key['use'] === undefined || key['use'] === 'sig') &&
    (key['alg'] === undefined || key['alg'] === token.algorithm) &&
    (token.keyId === undefined || key['kid'] === token.keyId)
  );
}

function isSignedBy(key: PublishedKey, token: WebIdentityToken, { hash, kty }: Algorithm): boolean {
  try {
    const publicKey = createPublicKey({ format: 'jwk', key: key as JsonWebKey });
    const padding = kty === 'RSA' ? { padding: constants.RSA_PKCS1_PADDING } : { dsaEncoding: 'ieee-p1363' as const };
    return verify(hash, Buffer.from(token.signedText), { key: publicKey, ...padding }, token.signature);
  } catch {
    return false;
  }
}
