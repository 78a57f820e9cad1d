import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  type X509Certificate,
} from '@peculiar/x509';

interface IssuedIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly serialNumber: string;
}

/** An authority that can take back what it issued. */
export interface RevokingAuthority {
  readonly certificatePem: string;
  issue(commonName: string): Promise<IssuedIdentity>;
  /** The list of certificates that are no longer good. */
  revoke(...identities: readonly IssuedIdentity[]): Promise<string>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function createRevokingAuthority(): Promise<RevokingAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=revoking root',
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificatePem: `${root.toString('pem')}\n`,
    issue: (commonName) => issue(commonName, root, keys.privateKey),
    async revoke(...identities) {
      const list = await X509CrlGenerator.create({
        issuer: root.subject,
        thisUpdate: new Date(Date.now() - 60_000),
        nextUpdate: new Date(Date.now() + 3_600_000),
        entries: identities.map(({ serialNumber }) => ({
          serialNumber,
          revocationDate: new Date(Date.now() - 60_000),
        })),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
      });
      // The label that OpenSSL looks for.
      return `${list.toString('pem').replaceAll(/(?<=BEGIN |END )CRL/g, 'X509 CRL')}\n`;
    },
  };
}

async function issue(
  commonName: string,
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
): Promise<IssuedIdentity> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    serialNumber: certificate.serialNumber,
  };
}
