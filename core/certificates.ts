import 'reflect-metadata';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  webcrypto,
  X509Certificate as NodeCertificate,
  type JsonWebKey,
} from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralName,
  type X509CertificateCreateParamsName,
} from '@peculiar/x509';
import type { Random } from './random.ts';
import { createRecentCache } from './recent-cache.ts';

/** A certificate with its private key, PEM throughout. */
export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The leaf followed by the intermediates, as a server sends them; the root is left out. */
  readonly chainPem: string;
}

export interface CertificateRequest {
  readonly commonName?: string;
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** TLS compares with the machine's clock whatever the scenario's clock says, so an expired certificate is issued expired. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly usage?: 'server' | 'client' | 'both';
}

/** A certificate authority. */
export interface Authority {
  readonly certificatePem: string;
  issue(request: CertificateRequest): Promise<Identity>;
}

export interface AuthorityOptions {
  readonly commonName: string;
  readonly organization?: string;
  readonly random: Random;
}

/** What `openssl req -x509` is asked for. */
export interface SelfSignedRequest extends Pick<CertificateRequest, 'dnsNames' | 'notBefore' | 'notAfter'> {
  /** As `-subj` takes it: `/C=NT/ST=Zamunda/O=Solo.io/OU=Solo.io/CN=*`. */
  readonly subject: string;
  readonly random: Random;
}

/** What chance decides about a certificate. */
interface Draw {
  readonly secretHex: string;
  readonly serialNumber: string;
}

interface Root extends Pick<Identity, 'certificatePem'> {
  readonly name: X509CertificateCreateParamsName;
  readonly signingKey: CryptoKey;
}

interface Key {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly pem: string;
}

const ED25519 = { name: 'Ed25519' };
/** RFC 8410: the DER of a PKCS #8 Ed25519 key up to its 32 secret bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Fixed, so that the same seed gives the same bytes (the hash of a certificate travels in `x-forwarded-client-cert`). */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');
const NOT_AFTER = new Date('2045-01-01T00:00:00Z');
const NO_AUTHORITY = new BasicConstraintsExtension(false, undefined, true);
const FOR_SIGNATURES = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);

/** Certificates of worlds with the same seed are the same, and take longer to make than all the rest of a world's start. */
const roots = createRecentCache<Promise<Root>>(100);
const identities = createRecentCache<Promise<Identity>>(1000);

/**
 * Creates a root authority. The same seed gives the same certificates, byte for byte: keys come from `random` and Ed25519
 * signatures have no chance in them. What is issued follows from the request, and from how often the same was requested before.
 */
export async function createAuthority({ random, ...named }: AuthorityOptions): Promise<Authority> {
  const draw = drawFrom(random);
  const root = await roots.get(JSON.stringify([named, draw]), () => createRoot(createName(named), draw));
  const timesIssued = new Map<string, number>();
  return {
    certificatePem: root.certificatePem,
    issue(request) {
      const text = JSON.stringify(request);
      const times = timesIssued.get(text) ?? 0;
      timesIssued.set(text, times + 1);
      const leafDraw = drawFrom(random.fork(`${text}/${times}`));
      const key = JSON.stringify([root.certificatePem, text, leafDraw]);
      return identities.get(key, () => createLeaf(root, request, leafDraw));
    },
  };
}

/**
 * Creates a certificate that vouches for itself, with the extensions of `openssl req -x509`: it is its own authority, and
 * has no alternative name unless one is asked for.
 */
export function createSelfSigned({ random, ...request }: SelfSignedRequest): Promise<Identity> {
  const draw = drawFrom(random);
  return identities.get(JSON.stringify([request, draw]), () => signItself(request, draw));
}

async function createRoot(name: X509CertificateCreateParamsName, draw: Draw): Promise<Root> {
  const key = await createKey(draw);
  const root = await createCertificate({
    serialNumber: draw.serialNumber,
    subject: name,
    issuer: name,
    publicKey: key.publicKey,
    signingKey: key.privateKey,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificatePem: root, name, signingKey: key.privateKey };
}

async function createLeaf(root: Root, request: CertificateRequest, draw: Draw): Promise<Identity> {
  const key = await createKey(draw);
  const certificatePem = await createCertificate({
    serialNumber: draw.serialNumber,
    subject: createName(request),
    issuer: root.name,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey: key.publicKey,
    signingKey: root.signingKey,
    extensions: createLeafExtensions(request),
  });
  return { certificatePem, privateKeyPem: key.pem, chainPem: certificatePem };
}

async function signItself(request: Omit<SelfSignedRequest, 'random'>, draw: Draw): Promise<Identity> {
  const key = await createKey(draw);
  const name = parseSubject(request.subject);
  const names = (request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value }));
  const keyIdentifier = createHash('sha1').update(key.pem).digest('hex');
  const certificatePem = await createCertificate({
    serialNumber: draw.serialNumber,
    subject: name,
    issuer: name,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey: key.publicKey,
    signingKey: key.privateKey,
    extensions: [
      new SubjectKeyIdentifierExtension(keyIdentifier),
      new AuthorityKeyIdentifierExtension(keyIdentifier),
      new BasicConstraintsExtension(true, undefined, true),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificatePem, privateKeyPem: key.pem, chainPem: certificatePem };
}

interface CertificateFields {
  readonly serialNumber: string;
  readonly subject: X509CertificateCreateParamsName;
  readonly issuer: X509CertificateCreateParamsName;
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  readonly publicKey: CryptoKey;
  readonly signingKey: CryptoKey;
  readonly extensions: Extension[];
}

async function createCertificate({ notBefore, notAfter, ...fields }: CertificateFields): Promise<string> {
  cryptoProvider.set(webcrypto as Crypto);
  const { rawData } = await X509CertificateGenerator.create({
    ...fields,
    notBefore: notBefore ?? NOT_BEFORE,
    notAfter: notAfter ?? NOT_AFTER,
    signingAlgorithm: ED25519,
  });
  return toPem(rawData);
}

/** The SHA-256 of a certificate's DER in lower-case hex: the `Hash` of Envoy's `x-forwarded-client-cert`. */
export function hashCertificate(pem: string): string {
  return createHash('sha256').update(new NodeCertificate(pem).raw).digest('hex');
}

/** Made from JWKs: OpenSSL takes a millisecond to find out what a piece of DER is. */
async function createKey({ secretHex }: Draw): Promise<Key> {
  const secret = Buffer.from(secretHex, 'hex');
  // Node reads no more than "d" of a private key, and demands that "x" is a string.
  const secretJwk = { kty: 'OKP', crv: 'Ed25519', d: secret.toString('base64url'), x: '' };
  const { x = '' } = createPublicKey(createPrivateKey({ format: 'jwk', key: secretJwk })).export({ format: 'jwk' });
  const base64 = Buffer.concat([PKCS8_PREFIX, secret]).toString('base64');
  return {
    privateKey: await importKey({ ...secretJwk, x }, 'sign'),
    publicKey: await importKey({ kty: 'OKP', crv: 'Ed25519', x }, 'verify'),
    pem: `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`,
  };
}

async function importKey(key: JsonWebKey, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return (await webcrypto.subtle.importKey('jwk', key, ED25519, true, [usage])) as CryptoKey;
}

function drawFrom(random: Random): Draw {
  return { secretHex: random.hex(64), serialNumber: `01${random.hex(30)}` };
}

function createName(request: {
  readonly commonName?: string;
  readonly organization?: string;
}): X509CertificateCreateParamsName {
  const parts: Record<string, string[]>[] = [];
  if (request.organization !== undefined) parts.push({ O: [request.organization] });
  if (request.commonName !== undefined) parts.push({ CN: [request.commonName] });
  return parts;
}

function parseSubject(subject: string): X509CertificateCreateParamsName {
  return subject
    .split('/')
    .slice(1)
    .map((part) => {
      const [type = '', value = ''] = part.split('=');
      return { [type]: [value] };
    });
}

function createLeafExtensions(request: CertificateRequest): Extension[] {
  const usage = request.usage ?? 'both';
  const purposes: string[] = [];
  if (usage !== 'client') purposes.push(ExtendedKeyUsage.serverAuth);
  if (usage !== 'server') purposes.push(ExtendedKeyUsage.clientAuth);
  const names: JsonGeneralName[] = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.uris ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const extensions: Extension[] = [NO_AUTHORITY, FOR_SIGNATURES, new ExtendedKeyUsageExtension(purposes)];
  // A SPIFFE identity has no subject; RFC 5280 then wants the alternative names to be critical.
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names, request.commonName === undefined));
  return extensions;
}

function toPem(der: ArrayBuffer): string {
  const base64 = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
