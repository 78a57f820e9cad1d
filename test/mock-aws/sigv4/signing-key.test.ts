import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HmacKey } from '#mock-aws/sigv4/hmac-key.ts';
import { deriveSigningKey, SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SCOPE = { day: '20150830', region: 'us-east-1', service: 'iam', terminator: 'aws4_request' };

test('derives the key of the published example', () => {
  expect(deriveSigningKey(SECRET, SCOPE).toString('hex')).toBe(
    'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
  );
});

/** Not `fc.string({ unit: 'binary' })`, which takes four seconds to set up. */
const textOf = (highest: number) =>
  fc.array(fc.nat(highest)).map((codes) => String.fromCharCode(...codes).toWellFormed());

test('signs as node:crypto does', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(fc.oneof(textOf(0xff), textOf(0xffff)), { maxLength: 4 }),
      (key, texts) => {
        const hmacKey = new HmacKey(key);
        for (const text of texts) {
          const isByteString = !/[\u0100-\uffff]/.test(text);
          const expected = createHmac('sha256', key).update(text, isByteString ? 'latin1' : 'utf8');
          expect(hmacKey.digestHex(text)).toBe(expected.digest('hex'));
        }
      },
    ),
  );
});

test('derives a key once for a secret and scope', () => {
  const cache = new SigningKeyCache();
  const key = cache.get(SECRET, SCOPE);
  expect(cache.get(SECRET, { ...SCOPE })).toBe(key);
  for (const other of [{ day: '20150831' }, { region: 'eu-west-1' }, { service: 'sts' }, { terminator: 'x' }]) {
    expect(cache.get(SECRET, { ...SCOPE, ...other })).not.toBe(key);
  }
  expect(cache.get('another secret', SCOPE)).not.toBe(key);
});

test('holds no more keys than it may', () => {
  const cache = new SigningKeyCache({ capacity: 2 });
  const key = cache.get(SECRET, SCOPE);
  cache.get(SECRET, { ...SCOPE, service: 'sts' });
  expect(cache.get(SECRET, SCOPE)).toBe(key);
  cache.get(SECRET, { ...SCOPE, service: 'lambda' });
  expect(cache.get(SECRET, SCOPE)).not.toBe(key);
});
