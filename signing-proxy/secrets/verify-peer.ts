import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '#core/errors.ts';
import { parseSubjectAltNames } from './subject-alt-names.ts';
import type { SanMatcher } from './san-matcher.ts';
import type { ValidationSecret } from './types.ts';

/** Why a certificate was refused. */
export interface PeerRefusal {
  /** Node's code (`CERT_HAS_EXPIRED`), `NO_CERTIFICATE`, `NAME_MISMATCH` or `HASH_MISMATCH`. */
  readonly code: string;
  /** In the words of the TLS library: `certificate has expired`. */
  readonly text: string;
}

export interface PeerRules {
  readonly validation: ValidationSecret | undefined;
  readonly isCertificateRequired: boolean;
  /** More names to demand, beside those of the validation context. */
  readonly extraSanMatchers?: readonly SanMatcher[];
}

/** Whether there is anything to check: Envoy does not even ask a caller for a certificate otherwise, required or not. */
export function hasRules(validation: ValidationSecret | undefined): boolean {
  if (validation === undefined) return false;
  const { sanMatchers, certificateHashes, publicKeyHashes } = validation;
  return knowsAuthority(validation) || sanMatchers.length + certificateHashes.size + publicKeyHashes.size > 0;
}

function knowsAuthority({ trustedCaPem, usesSystemRoots }: ValidationSecret): boolean {
  return trustedCaPem !== undefined || usesSystemRoots;
}

/** What `allow_expired_certificate` forgives. */
const OUT_OF_TIME = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** What X.509 verification says, where users will look it up. */
const CHAIN_TEXTS = new Map([
  ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ['CERT_NOT_YET_VALID', 'certificate is not yet valid'],
  ['CERT_REVOKED', 'certificate revoked'],
  ['CERT_SIGNATURE_FAILURE', 'certificate signature failure'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self signed certificate'],
  ['INVALID_PURPOSE', 'unsupported certificate purpose'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self signed certificate in certificate chain'],
  ['UNABLE_TO_GET_CRL', 'unable to get certificate CRL'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'unable to get issuer certificate'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
]);

/**
 * Decides about the certificate of a finished handshake as Envoy does: the chain against the trusted authority if there is
 * one, names only where a matcher asks for them. Returns nothing when it is acceptable.
 */
export function verifyPeer(socket: TLSSocket, rules: PeerRules): PeerRefusal | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) {
    return rules.isCertificateRequired
      ? { code: 'NO_CERTIFICATE', text: 'peer did not return a certificate' }
      : undefined;
  }
  const { validation } = rules;
  if (validation?.acceptsUntrusted === true) return undefined;
  const chain = validation === undefined ? undefined : verifyChain(socket.authorizationError, validation);
  return (
    chain ??
    (validation && verifyHashes(leaf, validation)) ??
    verifyNames(leaf, [...(validation?.sanMatchers ?? []), ...(rules.extraSanMatchers ?? [])])
  );
}

function verifyChain(error: unknown, validation: ValidationSecret): PeerRefusal | undefined {
  if (error === null || error === undefined || !knowsAuthority(validation)) return undefined;
  // Typed as an Error, but for a chain that failed it is the bare code.
  const code = typeof error === 'string' ? error : messageOf(error);
  if (OUT_OF_TIME.has(code) && validation.allowsExpired) return undefined;
  return { code, text: CHAIN_TEXTS.get(code) ?? code };
}

function verifyHashes(leaf: X509Certificate, validation: ValidationSecret): PeerRefusal | undefined {
  const { certificateHashes, publicKeyHashes } = validation;
  if (certificateHashes.size === 0 && publicKeyHashes.size === 0) return undefined;
  const spki = leaf.publicKey.export({ format: 'der', type: 'spki' });
  const isKnown =
    certificateHashes.has(createHash('sha256').update(leaf.raw).digest('hex')) ||
    publicKeyHashes.has(createHash('sha256').update(spki).digest('base64'));
  return isKnown ? undefined : { code: 'HASH_MISMATCH', text: 'verify cert failed: hash verification failed' };
}

function verifyNames(leaf: X509Certificate, matchers: readonly SanMatcher[]): PeerRefusal | undefined {
  if (matchers.length === 0) return undefined;
  const names = parseSubjectAltNames(leaf.subjectAltName);
  if (matchers.some((matches) => matches(names))) return undefined;
  return {
    code: 'NAME_MISMATCH',
    text: `verify SAN list: no name among ${leaf.subjectAltName ?? 'none'} is acceptable`,
  };
}
