import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type Extension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
} from '@peculiar/x509';

/** A chain and its key, PEM. */
export interface TestIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Certificates that Envoy takes too: its TLS library has no Ed25519, which core/certificates.ts issues. */
export interface TestCertificates {
  readonly root: string;
  readonly strangeRoot: string;
  readonly server: TestIdentity;
  readonly otherServer: TestIdentity;
  readonly client: TestIdentity;
  readonly stranger: TestIdentity;
  readonly expired: TestIdentity;
  readonly notYetValid: TestIdentity;
  readonly serverOnly: TestIdentity;
  /** No names but the common one. */
  readonly commonNameOnly: TestIdentity;
  /** Names of the other kinds, and one with a wildcard. */
  readonly manyNames: TestIdentity;
  /** Of `client`, as Envoy's configuration has them. */
  readonly clientHash: string;
  readonly clientKeyHash: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 86_400_000;

export async function createTestCertificates(): Promise<TestCertificates> {
  cryptoProvider.set(webcrypto as Crypto);
  const root = await createRoot('CN=conformance root');
  const strange = await createRoot('CN=strange root');
  const uri = (text: string): JsonGeneralName => ({ type: 'url', value: text });
  const dns = (text: string): JsonGeneralName => ({ type: 'dns', value: text });
  const clientNames = [uri('spiffe://mesh/ns/default/sa/client'), dns('client.example'), dns('other.example')];
  const client = await issue(root, 'CN=client, O=Conformance, C=CH', clientNames);
  const parsed = new X509Certificate(client.certificate);
  return {
    clientHash: parsed.fingerprint256,
    clientKeyHash: createHash('sha256')
      .update(parsed.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
    root: root.pem,
    strangeRoot: strange.pem,
    server: await issue(root, 'CN=server.example', [
      dns('server.example'),
      dns('a.example'),
      uri('spiffe://mesh/server'),
    ]),
    otherServer: await issue(root, 'CN=other.example', [dns('other.example')]),
    client,
    stranger: await issue(strange, 'CN=client', clientNames),
    expired: await issue(root, 'CN=client', clientNames, { agedMs: -YEAR_MS }),
    notYetValid: await issue(root, 'CN=client', clientNames, { agedMs: YEAR_MS }),
    serverOnly: await issue(root, 'CN=client', clientNames, {
      extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])],
    }),
    commonNameOnly: await issue(root, 'CN=client.example', []),
    manyNames: await issue(root, 'CN=client', [
      dns('*.wild.example'),
      { type: 'ip', value: '10.1.2.3' },
      { type: 'email', value: 'someone@mail.example' },
      uri('spiffe://mesh/ns/default/sa/many'),
    ]),
  };
}

interface Root {
  readonly pem: string;
  readonly name: string;
  readonly privateKey: CryptoKey;
}

async function createRoot(name: string): Promise<Root> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 2 * YEAR_MS),
    notAfter: new Date(Date.now() + YEAR_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return { pem: certificate.toString('pem'), name, privateKey: keys.privateKey };
}

interface IssueOptions {
  readonly agedMs?: number;
  readonly extensions?: Extension[];
}

async function issue(
  root: Root,
  subject: string,
  names: JsonGeneralName[],
  { agedMs = 0, extensions = [] }: IssueOptions = {},
): Promise<TestIdentity> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.create({
    issuer: root.name,
    subject,
    publicKey: keys.publicKey,
    signingKey: root.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - YEAR_MS / 2 + agedMs),
    notAfter: new Date(Date.now() + YEAR_MS / 2 + agedMs),
    extensions: [...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]), ...extensions],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), privateKey };
}

function createKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}
