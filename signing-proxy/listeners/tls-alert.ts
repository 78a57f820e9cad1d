import { createCipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';

const HANDSHAKE_FAILURE = 40;
const CERTIFICATE_UNKNOWN = 46;
const CERTIFICATE_REQUIRED = 116;

/** Alerts by what X.509 verification says (boringssl ssl/ssl_x509.cc; measured against Envoy 1.40). */
const VERIFICATION_ALERTS = new Map([
  ['CERT_CHAIN_TOO_LONG', 48],
  ['CERT_HAS_EXPIRED', 45],
  ['CERT_NOT_YET_VALID', 45],
  ['CERT_REJECTED', 42],
  ['CERT_REVOKED', 44],
  ['CERT_SIGNATURE_FAILURE', 51],
  ['CERT_UNTRUSTED', 42],
  ['CRL_HAS_EXPIRED', 45],
  ['CRL_SIGNATURE_FAILURE', 51],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 48],
  // Envoy's own: bad_certificate_hash_value.
  ['HASH_MISMATCH', 114],
  ['INVALID_CA', 48],
  ['INVALID_PURPOSE', 43],
  ['PATH_LENGTH_EXCEEDED', 48],
  ['SELF_SIGNED_CERT_IN_CHAIN', 48],
  ['UNABLE_TO_GET_CRL', 42],
  ['UNABLE_TO_GET_ISSUER_CERT', 48],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 48],
  // OpenSSL goes on after the issuer is missing and ends with this; BoringSSL stops at the issuer.
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 48],
]);

/** The alert (RFC 8446 6.2) for a refused certificate: `code` is Node's, `NO_CERTIFICATE`, or one of Envoy's own rules. */
export function findAlert(code: string, protocol: string | null): number {
  if (code === 'NO_CERTIFICATE') return protocol === 'TLSv1.3' ? CERTIFICATE_REQUIRED : HANDSHAKE_FAILURE;
  return VERIFICATION_ALERTS.get(code) ?? CERTIFICATE_UNKNOWN;
}

/** What of a TLS 1.3 session it takes to write a record as the server. */
export interface RecordKeys {
  /** SERVER_TRAFFIC_SECRET_0 of the key log. */
  readonly secret: Buffer;
  /** `TLS_AES_128_GCM_SHA256` and the like. */
  readonly cipherSuite: string;
}

const FATAL = 2;
const ALERT_RECORD = 21;
const APPLICATION_RECORD = 23;
const TAG_BYTES = 16;
const IV_BYTES = 12;

/** An alert as it stands on the wire before anything is encrypted. */
export function createPlainAlert(alert: number): Buffer {
  return Buffer.from([ALERT_RECORD, 3, 3, 0, 2, FATAL, alert]);
}

/** An alert as the first record under the server's traffic key (RFC 8446 5.2, 5.3). */
export function createEncryptedAlert(alert: number, { secret, cipherSuite }: RecordKeys): Buffer {
  const { cipher, keyBytes, hash } = findCipher(cipherSuite);
  const content = Buffer.from([FATAL, alert, ALERT_RECORD]);
  const head = Buffer.from([APPLICATION_RECORD, 3, 3, 0, content.length + TAG_BYTES]);
  const key = expand({ secret, hash }, 'key', keyBytes);
  // Numbered 0, the record's nonce is the initialisation vector itself.
  const seal = createCipheriv(cipher, key, expand({ secret, hash }, 'iv', IV_BYTES), { authTagLength: TAG_BYTES });
  seal.setAAD(head, { plaintextLength: content.length });
  return Buffer.concat([head, seal.update(content), seal.final(), seal.getAuthTag()]);
}

function findCipher(suite: string): { cipher: CipherGCMTypes; keyBytes: number; hash: 'sha256' | 'sha384' } {
  const hash = suite.endsWith('SHA384') ? 'sha384' : 'sha256';
  if (suite.includes('AES_128')) return { cipher: 'aes-128-gcm', keyBytes: 16, hash };
  // Node types the two kinds of cipher apart, and treats them alike.
  if (suite.includes('CHACHA20')) return { cipher: 'chacha20-poly1305' as CipherGCMTypes, keyBytes: 32, hash };
  return { cipher: 'aes-256-gcm', keyBytes: 32, hash };
}

/** HKDF-Expand-Label without context (RFC 8446 7.1); nothing here is longer than one block of the hash. */
function expand({ secret, hash }: { secret: Buffer; hash: string }, label: string, length: number): Buffer {
  const text = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, text.length]), Buffer.from(text), Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}
