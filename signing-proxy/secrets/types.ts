import type { SanMatcher } from './san-matcher.ts';

/** A certificate that this side shows, checked to be readable and to fit its key. */
export interface CertificateSecret {
  readonly kind: 'certificate';
  /** Leaf first. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly uriSans: readonly string[];
}

/** What is demanded of the other side's certificate. */
export interface ValidationSecret {
  readonly kind: 'validation';
  /** Undefined: no authority is known, so any certificate is accepted (xds.md 4.7). */
  readonly trustedCaPem: string | undefined;
  readonly usesSystemRoots: boolean;
  readonly crlPem: string | undefined;
  /** `ACCEPT_UNTRUSTED`: a certificate is asked for, but neither its issuer nor its names matter. */
  readonly acceptsUntrusted: boolean;
  readonly allowsExpired: boolean;
  /** One must match a name of the certificate; none means no name is checked, as in Envoy and unlike in Node. */
  readonly sanMatchers: readonly SanMatcher[];
  /** Lower-case hex SHA-256 of acceptable leaves; none means all. */
  readonly certificateHashes: ReadonlySet<string>;
  /** Base64 SHA-256 of acceptable public keys; none means all. */
  readonly publicKeyHashes: ReadonlySet<string>;
}

export type CompiledSecret = CertificateSecret | ValidationSecret;
