import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuthority, type CertificateRequest } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';

const authority = await createAuthority({ commonName: 'Root 1', organization: 'Amazon', random: createRandom('seed') });
const root = new X509Certificate(authority.certificatePem);
const issue = async (request: CertificateRequest) =>
  new X509Certificate((await authority.issue(request)).certificatePem);

test('a root is an authority that vouches for itself', () => {
  expect(root).toMatchObject({ ca: true, subject: 'O=Amazon\nCN=Root 1', issuer: 'O=Amazon\nCN=Root 1' });
  expect(root.verify(root.publicKey)).toBe(true);
});

test('a leaf is issued and signed by its root, and is none itself', async () => {
  const leaf = await issue({ commonName: 'a_b' });
  expect(leaf).toMatchObject({ ca: false, subject: 'CN=a_b' });
  expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
});

test('its private key is that of its certificate', async () => {
  const { certificatePem, privateKeyPem } = await authority.issue({});
  const leaf = new X509Certificate(certificatePem);
  expect(leaf.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
});

test('alternative names of every kind are there', async () => {
  const names = { dnsNames: ['a.test', '*.b.test'], uris: ['spiffe://c/ns/d/sa/e'], ipAddresses: ['10.42.0.1'] };
  expect((await issue(names)).subjectAltName).toBe(
    'DNS:a.test, DNS:*.b.test, URI:spiffe://c/ns/d/sa/e, IP Address:10.42.0.1',
  );
});

test('a certificate can have more names than one byte of length counts', async () => {
  const dnsNames = Array.from({ length: 40 }, (_, index) => `name-${index}.test`);
  expect((await issue({ dnsNames })).subjectAltName?.split(', ')).toHaveLength(40);
});

test.each([
  ['server', ['1.3.6.1.5.5.7.3.1']],
  ['client', ['1.3.6.1.5.5.7.3.2']],
  ['both', ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']],
] as const)('usage %s', async (usage, purposes) => {
  expect((await issue({ usage })).keyUsage).toEqual(purposes);
});

test.each([
  ['2021-01-01T00:00:00Z', 'Jan  1 00:00:00 2021 GMT'],
  ['2051-02-03T04:05:06Z', 'Feb  3 04:05:06 2051 GMT'],
])('a certificate that ends at %s', async (notAfter, written) => {
  expect((await issue({ notAfter: new Date(notAfter) })).validTo).toBe(written);
});
