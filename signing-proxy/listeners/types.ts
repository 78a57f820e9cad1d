import type { Duplex } from 'node:stream';
import type { ConfigVersion } from '#core/timeline.ts';

/** What is known about a caller's connection before its first byte of payload. */
export interface DownstreamInfo {
  /** The `[C22]` of Envoy's logs. */
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  /** The original destination port: for redirected traffic the port the caller wanted (xds.md 3.7). */
  readonly localPort: number;
  /** Undefined when the filter chain does not terminate TLS. */
  readonly tls: DownstreamTls | undefined;
  /** The listener whose filters serve the connection, however long it lasts. */
  readonly listener: ConfigVersion;
}

export interface DownstreamTls {
  readonly sni: string | undefined;
  /** The protocol that ALPN settled on. */
  readonly alpn: string | undefined;
  /** The caller's certificate, present only when it was asked for and accepted. */
  readonly peer: PeerCertificate | undefined;
  /** URI names of the certificate this proxy showed: the `By` of XFCC. */
  readonly localUriSans: readonly string[];
}

/** The parts of a caller's certificate that XFCC and authorisation use (gateways.md 4.5). */
export interface PeerCertificate {
  /** SHA-256 of the DER form, lower-case hex. */
  readonly hash: string;
  /** RFC 2253 form: `CN=client,O=example`. Empty for SPIFFE certificates. */
  readonly subject: string;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  /** The leaf as PEM. */
  readonly pem: string;
  /** The leaf and its intermediates as PEM. */
  readonly chainPem: string;
}

/**
 * Why connections are to finish. Of a replaced listener idle ones stay, as in Envoy: the next answer on them closes them, and
 * until then they lead to the old filters. A proxy that stops closes them at once.
 */
export type DrainReason = 'replaced' | 'stopping';

/** The last filter of a network filter chain: takes a connection and serves it to its end. */
export interface NetworkFilter {
  /** `stream` carries plain bytes: TLS, if any, is already taken off. The filter owns it from here on. */
  accept(stream: Duplex, info: DownstreamInfo): void;
  /** Names of the route tables this filter waits for; empty when it has none or has them inline. */
  readonly routeNames: readonly string[];
  /** Tells every connection to finish (`Connection: close`, GOAWAY) and takes no new ones. */
  drain(reason: DrainReason): void;
  /** Ends what is left at once. */
  close(): Promise<void>;
}
