import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, type Authority } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { parseSubjectAltNames } from '#signing-proxy/secrets/subject-alt-names.ts';

describe('parseSubjectAltNames', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await createAuthority({ commonName: 'root', random: createRandom('names') });
  });

  test('reads the names of a certificate by kind', async () => {
    const { certificatePem } = await authority.issue({
      dnsNames: ['a.example', '*.b.example'],
      uris: ['spiffe://cluster.local/ns/default/sa/a'],
      ipAddresses: ['10.0.0.1'],
    });
    expect(parseSubjectAltNames(new X509Certificate(certificatePem).subjectAltName)).toEqual({
      dns: ['a.example', '*.b.example'],
      uri: ['spiffe://cluster.local/ns/default/sa/a'],
      email: [],
      ip: ['10.0.0.1'],
    });
  });

  test('is not fooled by a name that looks like several', async () => {
    const { certificatePem } = await authority.issue({ uris: ['http://x/, DNS:evil.example, URI:"y"'] });
    const names = parseSubjectAltNames(new X509Certificate(certificatePem).subjectAltName);
    expect(names.dns).toEqual([]);
    expect(names.uri).toHaveLength(1);
  });

  test('finds none in a certificate without', () => {
    expect(parseSubjectAltNames(undefined)).toEqual({ dns: [], uri: [], email: [], ip: [] });
  });
});
