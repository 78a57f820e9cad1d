/** How sure we are of a rule: see the grades in docs. `assumed` rules never change a request by default. */
export type Evidence = 'documented' | 'measured' | 'reported' | 'assumed';

/** One thing the front end did to a request before the signature was looked at. */
export interface EdgeChange {
  /** File name of the rule, such as `host-port`. */
  readonly rule: string;
  /** Lower-case header name. */
  readonly header: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly evidence: Evidence;
}

/** What stands in front of a service. */
export interface EdgePolicy {
  /** `aws` drops every port from Host; `own-port` keeps the one the listener is bound to. */
  readonly hostPolicy: 'aws' | 'own-port';
  /** Bound port of the listener, for `own-port`. */
  readonly ownPort?: number;
  /** What happens to forwarded headers: nothing, a report, or the rewrite of aws.md 1.9. */
  readonly frontEnd: 'none' | 'warn' | 'rewrite';
  /** Peer address that `rewrite` appends to `x-forwarded-for`. */
  readonly peerAddress?: string;
}
