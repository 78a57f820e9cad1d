/** What a proxy found wrong with a certificate. */
export interface CertificateRefusal {
  /** `CERT_HAS_EXPIRED`, `NAME_MISMATCH` and so on. */
  readonly certificateCode?: string;
  /** `certificate has expired` */
  readonly message?: string;
}

/** Reads the brackets at the end of a reason: `... (CERT_HAS_EXPIRED: certificate has expired)`. */
export function readRefusal(reason: string): CertificateRefusal {
  const [, code, text] = /\(([A-Z_]+): (.*)\)$/.exec(reason) ?? [];
  if (code === undefined || text === undefined) return {};
  return { certificateCode: code, message: TEXTS[code] ?? text.replace(/^verify SAN list: /, '') };
}

const TEXTS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in an authority that is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed, and not itself trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'no trusted authority has issued it',
  UNABLE_TO_GET_ISSUER_CERT: 'no trusted authority has issued it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'no trusted authority has issued it',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
};

/** Without BoringSSL's numbers and the words around them, which the details of the response repeat. */
export function shortenReason(reason: string): string {
  return reason
    .replace(/^.*transport failure reason: /, '')
    .replace(/ \(error:.*\)$/, '')
    .replace(/\d+:SSL routines:OPENSSL_internal:/, '');
}

const WHY: readonly (readonly [text: RegExp, code: string])[] = [
  [/expired/, 'CERT_HAS_EXPIRED'],
  [/not yet valid/, 'CERT_NOT_YET_VALID'],
  [/revoked/, 'CERT_REVOKED'],
  [/\bSAN\b|subject alt/i, 'NAME_MISMATCH'],
  [/self.signed certificate in/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self.signed/, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/issuer|verify the first/, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
];

/**
 * Reads Envoy's transport failure reason: `TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED`, from 1.30 on with
 * why behind it. In an access log underscores may stand for blanks.
 */
export function readTransportFailure(text: string): CertificateRefusal {
  const name = /OPENSSL.internal:([A-Z0-9_]+)/.exec(text)?.[1];
  if (name === undefined) return { message: text.replaceAll('_', ' ') };
  if (!name.startsWith('CERTIFICATE_VERIFY_FAILED')) return { message: name };
  const why = text.slice(text.indexOf(name) + name.length).replaceAll('_', ' ');
  const code = WHY.find(([words]) => words.test(why))?.[1];
  if (code === undefined) return {};
  return { certificateCode: code, ...(TEXTS[code] !== undefined && { message: TEXTS[code] }) };
}
