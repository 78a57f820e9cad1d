import { systemCodeOf } from '#core/errors.ts';

/** Where BoringSSL's numbers for "SSL routines" begin: the library number, shifted. */
const SSL_ROUTINES = 0x1000_0000;
/** Reason of an alert that the other side sent: this plus its number. */
const ALERT_REASONS = 1000;

/** OpenSSL's names, as Node's codes end in, to BoringSSL's name and number. */
const REASONS = new Map<string, readonly [name: string, number: number]>([
  ['CERTIFICATE_VERIFY_FAILED', ['CERTIFICATE_VERIFY_FAILED', 125]],
  ['HTTP_REQUEST', ['HTTP_REQUEST', 156]],
  ['NO_SHARED_CIPHER', ['NO_SHARED_CIPHER', 184]],
  ['PEER_DID_NOT_RETURN_A_CERTIFICATE', ['PEER_DID_NOT_RETURN_A_CERTIFICATE', 192]],
  ['UNSUPPORTED_PROTOCOL', ['UNSUPPORTED_PROTOCOL', 240]],
  ['WRONG_VERSION_NUMBER', ['WRONG_VERSION_NUMBER', 247]],
  ['NO_SUITABLE_SIGNATURE_ALGORITHM', ['NO_COMMON_SIGNATURE_ALGORITHMS', 253]],
  ['SSLV3_ALERT_HANDSHAKE_FAILURE', ['SSLV3_ALERT_HANDSHAKE_FAILURE', ALERT_REASONS + 40]],
  ['SSLV3_ALERT_BAD_CERTIFICATE', ['SSLV3_ALERT_BAD_CERTIFICATE', ALERT_REASONS + 42]],
  ['SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', ['SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', ALERT_REASONS + 43]],
  ['SSLV3_ALERT_CERTIFICATE_REVOKED', ['SSLV3_ALERT_CERTIFICATE_REVOKED', ALERT_REASONS + 44]],
  ['SSLV3_ALERT_CERTIFICATE_EXPIRED', ['SSLV3_ALERT_CERTIFICATE_EXPIRED', ALERT_REASONS + 45]],
  ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', ALERT_REASONS + 46]],
  ['TLSV1_ALERT_UNKNOWN_CA', ['TLSV1_ALERT_UNKNOWN_CA', ALERT_REASONS + 48]],
  ['TLSV1_ALERT_PROTOCOL_VERSION', ['TLSV1_ALERT_PROTOCOL_VERSION', ALERT_REASONS + 70]],
  ['TLSV1_ALERT_INTERNAL_ERROR', ['TLSV1_ALERT_INTERNAL_ERROR', ALERT_REASONS + 80]],
  ['TLSV1_UNRECOGNIZED_NAME', ['TLSV1_UNRECOGNIZED_NAME', ALERT_REASONS + 112]],
  ['TLSV13_ALERT_CERTIFICATE_REQUIRED', ['TLSV1_CERTIFICATE_REQUIRED', ALERT_REASONS + 116]],
  ['TLSV1_ALERT_NO_APPLICATION_PROTOCOL', ['TLSV1_ALERT_NO_APPLICATION_PROTOCOL', ALERT_REASONS + 120]],
]);

/** BoringSSL's line for a reason, as Envoy logs it: `268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER`. */
export function formatTlsReason(openSslReason: string): string {
  const [name, number] = REASONS.get(openSslReason) ?? [openSslReason, 0];
  return `${SSL_ROUTINES + number}:SSL routines:OPENSSL_internal:${name}`;
}

/** The reason in the code of an error that Node's TLS raised; undefined for errors of the connection below. */
export function findTlsReason(error: unknown): string | undefined {
  return /^ERR_SSL_(.+)$/.exec(systemCodeOf(error) ?? '')?.[1];
}
