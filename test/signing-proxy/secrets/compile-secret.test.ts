import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, type Authority, type Identity } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { compileSecret } from '#signing-proxy/secrets/compile-secret.ts';
import type { CompiledSecret } from '#signing-proxy/secrets/types.ts';
import { SecretSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

const compile = (json: object): CompiledSecret => compileSecret(fromProtoJson(SecretSchema, json));

const pair = (chain: string, key: string) => ({
  tlsCertificate: { certificateChain: { inlineString: chain }, privateKey: { inlineString: key } },
});

describe('compileSecret', () => {
  let authority: Authority;
  let identity: Identity;
  let other: Identity;
  beforeAll(async () => {
    authority = await createAuthority({ commonName: 'root', random: createRandom('secrets') });
    identity = await authority.issue({ uris: ['spiffe://cluster.local/ns/default/sa/httpbin'] });
    other = await authority.issue({ commonName: 'other' });
  });

  test('accepts a certificate with its key', () => {
    expect(compile(pair(identity.chainPem, identity.privateKeyPem))).toMatchObject({
      kind: 'certificate',
      uriSans: ['spiffe://cluster.local/ns/default/sa/httpbin'],
    });
  });

  test('refuses a key of another certificate', () => {
    expect(() => compile(pair(identity.chainPem, other.privateKeyPem))).toThrow(
      'Failed to load private key from <inline>, Cause: KEY_VALUES_MISMATCH',
    );
  });

  test('refuses a certificate that cannot be read', () => {
    expect(() => compile(pair('not PEM', identity.privateKeyPem))).toThrow(
      'Failed to load certificate chain from <inline>',
    );
  });

  test('refuses a key that cannot be read, without showing it', () => {
    expect(() => compile(pair(identity.chainPem, 'secret text'))).toThrow(
      /^Failed to load private key from <inline>, Cause: (?!.*secret text)/,
    );
  });

  test('refuses a certificate without a key', () => {
    expect(() => compile({ tlsCertificate: { certificateChain: { inlineString: identity.chainPem } } })).toThrow(
      'Failed to load incomplete certificate',
    );
  });

  test('accepts several authorities in one file', () => {
    const trustedCa = { inlineString: authority.certificatePem + other.certificatePem };
    expect(compile({ validationContext: { trustedCa } })).toMatchObject({
      kind: 'validation',
      trustedCaPem: trustedCa.inlineString,
    });
  });

  test('refuses an authority that cannot be read', () => {
    expect(() => compile({ validationContext: { trustedCa: { inlineString: 'nothing' } } })).toThrow(
      'Failed to load trusted CA certificates from <inline>',
    );
  });

  test('refuses a file that is not there', () => {
    expect(() => compile({ validationContext: { trustedCa: { filename: '/nowhere/ca.pem' } } })).toThrow(
      'Invalid path: /nowhere/ca.pem',
    );
  });

  test('refuses a kind of secret it has no use for', () => {
    expect(() => compile({ genericSecret: {} })).toThrow('Unsupported kind of secret: genericSecret');
  });
});
