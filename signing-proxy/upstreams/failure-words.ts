/** What a release of Envoy calls the ways in which no connection came about (gateways.md 4.3). */
export interface FailureWords {
  readonly refused: ConnectFailureWords;
  readonly timedOut: ConnectFailureWords;
  /** The handshake failed, on either side. */
  readonly handshake: ConnectFailureWords;
  /** The text behind `transport failure reason:` for a line of the TLS library and, where it verified, the reason. */
  readonly describeTls: (line: string, why?: string) => string;
}

interface ConnectFailureWords {
  readonly reason: string;
  readonly transportFailure?: string;
}

const CONNECTION_FAILURE = { reason: 'connection failure' };

/** Up to 1.26 there is one reason for all; a refused connect names the error number only in later releases. */
export const ENVOY_1_19_FAILURES: FailureWords = {
  refused: CONNECTION_FAILURE,
  timedOut: CONNECTION_FAILURE,
  handshake: CONNECTION_FAILURE,
  describeTls: (line) => `TLS error: ${line}`,
};
