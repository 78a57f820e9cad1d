import type { Duplex, Readable } from 'node:stream';
import type { Address } from '#core/address.ts';
import type { UpstreamFilters } from '../filters/filter.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { AbandonSignal } from './abandonment.ts';
import type { ClusterFacts } from './cluster-facts.ts';

/** What every way to an endpoint needs to know. */
export interface UpstreamTarget {
  /** Aborts the attempt: a timeout, or a caller that went away. The reason is passed on as it is. */
  readonly signal: AbandonSignal;
  /** Endpoints that earlier attempts tried; others are preferred (`envoy.retry_host_predicates.previous_hosts`). */
  readonly previousHosts?: readonly Address[];
  /** How often an endpoint is chosen at most, until it is none of those. */
  readonly maxHostPicks?: number;
  /** After every so many endpoints tried their priorities are left alone (`envoy.retry_priorities.previous_priorities`). */
  readonly leavesPriorityAfter?: number;
  /** What clusters that balance by hash go by. */
  readonly hash?: bigint | undefined;
  /** Where the caller wanted to go, for clusters of type ORIGINAL_DST. */
  readonly originalDestination?: Address;
}

/** One try of one request. */
export interface UpstreamAttempt extends UpstreamTarget {
  /** Complete request head with `:method`, `:path`, `:authority`, `:scheme`. Sent as it is. */
  readonly headers: HeaderMap;
  readonly body: Buffer | Readable | undefined;
  /** What comes behind the body, asked for once that has ended; HTTP/2 carries it, HTTP/1 drops it as an Envoy does. */
  readonly findTrailers?: () => HeaderMap | undefined;
  /** Protocol the caller spoke, for clusters with `use_downstream_protocol_config`. */
  readonly downstreamHttpVersion?: '1.0' | '1.1' | '2';
  /** Told the name of the endpoint that was chosen, empty for none, before the connection is (`auto_host_rewrite`). */
  readonly onHostChosen?: ((hostname: string) => void) | undefined;
  /** Completes `headers` and `body` before they are sent. What it throws or rejects with ends the attempt. */
  readonly prepare?: (endpoint: ChosenEndpoint) => void | Promise<void>;
  /** Told that there is a connection, before anything is sent on it. */
  readonly onConnected?: () => void;
}

/** Where an attempt goes. */
export interface ChosenEndpoint {
  /** Empty where it has none. */
  readonly hostname: string;
  /** Whether a connection is open that can take the attempt at once. */
  readonly isConnected: boolean;
}

export interface UpstreamResponse {
  /** Response head with `:status`. */
  readonly headers: HeaderMap;
  /**
   * All of the body where it came with the head; nothing is under way then any more. A stream errors with an
   * {@link UpstreamError} when the endpoint breaks off; destroy it to abandon the answer.
   */
  readonly body: Readable | Buffer;
  /** Resolves when the body has ended. Undefined where it is known already that there are none. */
  readonly trailers: Promise<HeaderMap | undefined> | undefined;
  readonly endpoint: Address;
}

/** One Envoy cluster: a named set of endpoints with one way to reach them. */
export interface UpstreamCluster extends ClusterFacts {
  /** The HTTP filters that the router takes each attempt through; undefined leaves the router its own. */
  readonly filters?: UpstreamFilters | undefined;
  /**
   * Sends one request to one endpoint. Resolves with the response head.
   *
   * @throws UpstreamError for anything that keeps the response head from arriving; the signal's reason when it aborts.
   */
  send(attempt: UpstreamAttempt): Promise<UpstreamResponse>;
  /**
   * Opens a connection to one endpoint, with the cluster's TLS on it, for `tcp_proxy`.
   *
   * @throws UpstreamError as `send` does.
   */
  connect(target: UpstreamTarget): Promise<UpstreamConnection>;
  /** Enters a retry, to be disposed when it has its answer; undefined when the cluster's circuit breaker forbids it. */
  tryRetry(): Disposable | undefined;
}

interface UpstreamConnection {
  readonly stream: Duplex;
  readonly endpoint: Address;
}

export interface UpstreamClusters {
  find(name: string): UpstreamCluster | undefined;
}
