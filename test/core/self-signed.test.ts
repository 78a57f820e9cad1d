import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSelfSigned } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';

const SUBJECT = '/C=NT/ST=Zamunda/O=Solo.io/OU=Solo.io/CN=*';
const create = (options = {}) => createSelfSigned({ subject: SUBJECT, random: createRandom('seed'), ...options });

test('a self-signed certificate has the whole subject, vouches for itself, and has no other name', async () => {
  const { certificatePem, privateKeyPem } = await create();
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.subject).toBe('C=NT\nST=Zamunda\nO=Solo.io\nOU=Solo.io\nCN=*');
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(true);
  expect(certificate.subjectAltName).toBeUndefined();
  expect(privateKeyPem).toContain('PRIVATE KEY');
});

test('names and dates of a self-signed certificate can be chosen', async () => {
  const { certificatePem } = await create({ dnsNames: ['lambda.external'], notAfter: new Date('2021-01-01') });
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.subjectAltName).toBe('DNS:lambda.external');
  expect(certificate.validTo).toBe('Jan  1 00:00:00 2021 GMT');
});

test('the same seed gives the same self-signed certificate', async () => {
  expect(await create()).toEqual(await create());
});
