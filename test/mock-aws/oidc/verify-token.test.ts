import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { exportJWK, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { verifyTokenSignature, type PublishedKey } from '#mock-aws/oidc/verify-token-signature.ts';
import { parseWebIdentityToken, readIdentityClaims, type WebIdentityToken } from '#mock-aws/oidc/web-identity-token.ts';

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function signed(): Promise<{ text: string; token: WebIdentityToken; key: PublishedKey }> {
  const text = await new SignJWT({ iss: 'https://a', sub: 'b', aud: 'c' })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(EC.privateKey);
  return { text, token: parse(text), key: { ...(await exportJWK(EC.publicKey)) } };
}

function parse(text: string): WebIdentityToken {
  const token = parseWebIdentityToken(text);
  if (token === undefined) throw new Error('no token');
  return token;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token that another library signed is valid', async () => {
  const { token, key } = await signed();
  expect(verifyTokenSignature(token, [key])).toBe('valid');
  expect(readIdentityClaims(token)).toEqual({ issuer: 'https://a', subject: 'b', audiences: ['c'] });
});

test('a token without signature is invalid, whatever algorithm it names', async () => {
  const { text, key } = await signed();
  const [, payload] = text.split('.');
  for (const alg of ['none', 'HS256', 'ES256']) {
    expect(verifyTokenSignature(parse(`${encode({ alg })}.${payload}.AAAA`), [key])).toBe('invalid');
  }
});

test('a key for encryption does not sign', async () => {
  const { token, key } = await signed();
  expect(verifyTokenSignature(token, [{ ...key, use: 'enc' }])).toBe('no-key');
});

test('a changed claim breaks the signature', async () => {
  const { text, key } = await signed();
  const [head, , signature] = text.split('.');
  const forged = parse(`${head}.${encode({ iss: 'https://a', sub: 'root', aud: 'c' })}.${signature}`);
  expect(verifyTokenSignature(forged, [key])).toBe('invalid');
});

test('extensions that must be understood are not', () => {
  expect(parseWebIdentityToken(`${encode({ alg: 'ES256', crit: ['exp'] })}.${encode({})}.AAAA`)).toBeUndefined();
});

test('no text crashes the parser', () => {
  const part = fc.oneof(
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.base64String(),
  );
  const text = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.tuple(part, part, part).map((parts) => parts.join('.')),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      const token = parseWebIdentityToken(candidate);
      if (token !== undefined) readIdentityClaims(token);
    }),
    { numRuns: 1000 },
  );
});

test('no key crashes the verifier', async () => {
  const { token } = await signed();
  const key = fc.dictionary(
    fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'use'),
    fc.oneof(fc.constantFrom('EC', 'P-256'), fc.string(), fc.integer()),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 3 }), (keys) => {
      expect(verifyTokenSignature(token, keys)).not.toBe('valid');
    }),
  );
});
