/**
 * Why AWS refused a request, or why a proxy answered in its place, or why no function ran. These words are stable: scenarios assert them, `--json` prints them.
 *
 * `causes.ts` has the sentence and the way out of each.
 */
export type Cause =
  SignatureCause | RefusalCause | ProxyCause | FlagCause | ConnectionCause | LambdaCause | SyncCause | 'unexplained';

/** What can differ between the request that was signed and the one that was checked. */
export type SignatureCause =
  | 'host-port'
  | 'header-changed'
  | 'header-added'
  | 'header-removed'
  | 'header-format'
  | 'signed-headers'
  | 'session-token'
  | 'wrong-secret'
  | 'secret-whitespace'
  | 'wrong-region'
  | 'wrong-service'
  | 'wrong-date'
  | 'path-encoding'
  | 'path-changed'
  | 'query-order'
  | 'query-encoding'
  | 'query-changed'
  | 'payload-hash'
  | 'method-changed';

/** What AWS refuses before, or without, comparing signatures. */
type RefusalCause =
  | 'no-credentials'
  | 'not-signed'
  | 'clock-skew'
  | 'not-authorized'
  | 'access-key-unknown'
  | 'access-key-inactive'
  | 'access-key-deleted'
  | 'access-key-not-yet-known'
  | 'session-token-invalid'
  | 'session-token-expired'
  | 'session-token-missing'
  | 'wrong-region'
  | 'wrong-service'
  | 'wrong-date'
  | 'payload-hash'
  | 'host-not-signed'
  | 'date-unreadable'
  | 'malformed-authorization'
  | 'malformed-request'
  | 'reserved-header';

/** Why a proxy answered itself: gateways.md 4.3. */
export type ProxyCause =
  | 'route-timeout'
  | 'per-try-timeout'
  | 'stream-idle-timeout'
  | 'no-route'
  | 'no-cluster'
  | 'no-healthy-upstream'
  | 'connection-failure'
  | 'connection-lost'
  | 'certificate-refused'
  | 'secret-missing'
  | 'circuit-breaker'
  | 'body-too-large'
  | 'access-denied';

/** What the response flags of an access log tell and no event of a scenario has to. */
export type FlagCause =
  | 'caller-gone'
  | 'protocol-error'
  | 'stream-reset-by-proxy'
  | 'fault-injected'
  | 'rate-limited'
  | 'denied-by-service'
  | 'name-not-resolved'
  | 'overloaded'
  | 'retries-exhausted';

/** Why a connection did not come about, or did not last, where somebody on its way tells. */
export type ConnectionCause =
  | 'connect-timeout'
  | 'connection-refused'
  | 'no-filter-chain'
  | 'client-certificate-missing'
  | 'client-certificate-refused'
  | 'tls-mismatch'
  | 'pod-stopped'
  | 'answer-broken-off';

/** Why Lambda accepted a signature and the answer is an error: it ran nothing (aws.md 2.7), or nobody could read what the function said. */
export type LambdaCause =
  'function-throttled' | 'function-not-found' | 'function-failed' | 'function-answered' | 'answer-unreadable';

/** Why a proxy served by something old: gateways.md 5.9. */
export type SyncCause = 'push-not-sent' | 'push-not-acked' | 'push-rejected' | 'still-warming' | 'old-connection';
