import type { Evidence } from '#core/timeline.ts';
import type { ReceivedRequest } from '../sigv4/types.ts';

/** One thing the front end did to a request before the signature was looked at. */
export interface EdgeChange {
  /** File name of the rule, such as `host-port`. */
  readonly rule: string;
  /** Lower-case header name. */
  readonly header: string;
  /** Value as received; undefined when the header was added. */
  readonly from: string | undefined;
  /** Value that is verified; undefined when the header was removed. */
  readonly to: string | undefined;
  readonly evidence: Evidence;
  /** False when the change was only reported, by `frontEnd: 'warn'`. */
  readonly isApplied: boolean;
}

/** The connection a request came by, as a front end writes it into forwarded headers. */
export interface Downstream {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'http' | 'https';
  /** Root of a new trace: `1-<8 hex digits of the epoch second>-<24 hex digits>`. */
  readonly traceId: string;
}

/** What stands in front of a service. */
export interface EdgePolicy {
  /** Service name as in the credential scope: Lambda alone refuses reserved headers. */
  readonly service: string;
  /** `aws` drops every port from Host; `own-port` keeps the one the listener is bound to. */
  readonly hostPolicy: 'aws' | 'own-port';
  /** Bound port of the listener, for `own-port`. */
  readonly ownPort?: number;
  /** What happens to forwarded headers: nothing, a report, or the rewrite of aws.md 1.9. */
  readonly frontEnd: 'none' | 'warn' | 'rewrite';
  /** Needed by `warn` and `rewrite`, which do nothing without it. */
  readonly downstream?: Downstream;
}

/** A request that the front end turned away itself. */
export interface EdgeRefusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}

export interface EdgeResult {
  /** The request to verify. */
  readonly request: ReceivedRequest;
  readonly changes: readonly EdgeChange[];
  /** Present when the request must be answered with this, before anything is verified. */
  readonly refusal?: EdgeRefusal;
}
