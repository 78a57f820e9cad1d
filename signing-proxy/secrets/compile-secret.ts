import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { messageOf } from '#core/errors.ts';
import {
  CertificateValidationContext_TrustChainVerification as TrustChainVerification,
  type CertificateValidationContext,
  type Secret,
  type TlsCertificate,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { readDataSource, type SourceText } from './data-source.ts';
import { compileSanMatchers } from './san-matcher.ts';
import { parseSubjectAltNames } from './subject-alt-names.ts';
import type { CertificateSecret, CompiledSecret, ValidationSecret } from './types.ts';

const PEM_CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws ConfigError that says what is wrong with the certificate, key or authority */
export function compileSecret(secret: Secret): CompiledSecret {
  switch (secret.type.case) {
    case 'tlsCertificate':
      return compileCertificate(secret.type.value);
    case 'validationContext':
      return compileValidation(secret.type.value);
    default:
      throw new ConfigError(`Unsupported kind of secret: ${secret.type.case ?? 'none'}`);
  }
}

/** @throws ConfigError as {@link compileSecret} does */
export function compileCertificate(certificate: TlsCertificate): CertificateSecret {
  const chain = readDataSource(certificate.certificateChain);
  const key = readDataSource(certificate.privateKey);
  if (chain === undefined || key === undefined) {
    throw new ConfigError(
      'Failed to load incomplete certificate from <inline>: certificate chain and private key are both needed',
    );
  }
  return createCertificate(chain, key);
}

/** @throws ConfigError as {@link compileSecret} does */
export function createCertificate(chain: SourceText, key: SourceText): CertificateSecret {
  const leaf = parseCertificate(chain, `Failed to load certificate chain from ${chain.origin}`);
  if (!leaf.checkPrivateKey(parsePrivateKey(key))) {
    throw new ConfigError(`Failed to load private key from ${key.origin}, Cause: KEY_VALUES_MISMATCH`);
  }
  const { uri } = parseSubjectAltNames(leaf.subjectAltName);
  return { kind: 'certificate', chainPem: chain.text, privateKeyPem: key.text, uriSans: uri };
}

/**
 * @param trusted the authorities, where they are known already
 * @throws ConfigError as {@link compileSecret} does
 */
export function compileValidation(
  context: CertificateValidationContext,
  trusted: SourceText | undefined = readDataSource(context.trustedCa),
): ValidationSecret {
  if (trusted !== undefined) checkAuthorities(trusted);
  const revoked = readDataSource(context.crl);
  if (revoked !== undefined) checkRevocations(revoked, trusted);
  return {
    kind: 'validation',
    trustedCaPem: trusted?.text,
    usesSystemRoots: context.systemRootCerts !== undefined,
    crlPem: revoked?.text,
    acceptsUntrusted: context.trustChainVerification === TrustChainVerification.ACCEPT_UNTRUSTED,
    allowsExpired: context.allowExpiredCertificate,
    sanMatchers: compileSanMatchers(context),
    certificateHashes: new Set(context.verifyCertificateHash.map((hash) => hash.replaceAll(':', '').toLowerCase())),
    publicKeyHashes: new Set(context.verifyCertificateSpki),
  };
}

function checkAuthorities(trusted: SourceText): void {
  const failure = `Failed to load trusted CA certificates from ${trusted.origin}`;
  const certificates = trusted.text.match(PEM_CERTIFICATES);
  if (certificates === null) throw new ConfigError(failure);
  for (const text of certificates) parseCertificate({ text, origin: trusted.origin }, failure);
}

/** The words are Envoy's (envoy `source/common/tls/cert_validator/default_validator.cc`). */
function checkRevocations(revoked: SourceText, trusted: SourceText | undefined): void {
  if (trusted === undefined) throw new ConfigError(`Failed to load CRL from ${revoked.origin} without trusted CA`);
  try {
    createSecureContext({ crl: revoked.text });
  } catch (cause) {
    throw new ConfigError(`Failed to load CRL from ${revoked.origin}`, { cause });
  }
}

function parseCertificate(source: SourceText, failure: string): X509Certificate {
  try {
    return new X509Certificate(source.text);
  } catch (cause) {
    throw new ConfigError(failure, { cause });
  }
}

function parsePrivateKey(key: SourceText): KeyObject {
  try {
    return createPrivateKey(key.text);
  } catch (cause) {
    throw new ConfigError(`Failed to load private key from ${key.origin}, Cause: ${messageOf(cause)}`, { cause });
  }
}
