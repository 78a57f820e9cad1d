import type { Readable } from 'node:stream';
import type { Address } from '#core/address.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { LocalReply } from '../http/local-reply.ts';
import type { TraceContext } from '../http/trace-context.ts';
import type { SubstitutionInput } from '../routing/substitution-format.ts';
import type { UpstreamCluster } from '../upstreams/types.ts';
import type { ChainedFilter, Filter, FilteredRequest } from './filter.ts';

/** One request and its answer, as the filters of a connection manager see it. */
export interface Exchange extends SubstitutionInput, FilteredRequest {
  /** The route's cluster, when it has one and it exists. */
  readonly cluster: UpstreamCluster | undefined;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** The same without a signal of its own. Calls at once when the caller has gone already. */
  whenGone(listener: () => void): void;
  /** Present when the connection manager traces. */
  readonly trace: TraceContext | undefined;
  /** The answer's headers, once there is one. */
  responseHeaders: HeaderMap | undefined;
  /** Adds a response flag of the access log, such as `DI`. */
  addFlag(flag: string): void;
  /** Tells the access log which endpoint was tried, and how the way to it failed. */
  noteUpstream(endpoint: Address, transportFailure?: string): void;
  /** Tells the timeline that the request goes upstream now, as it is. */
  notePassedOn(clusterName: string): void;
}

/** What the upstream answered, for the filters and then the caller. */
export interface UpstreamAnswer {
  readonly kind: 'upstream';
  readonly headers: HeaderMap;
  readonly body: Readable | Buffer;
  readonly trailers: Promise<HeaderMap | undefined> | undefined;
}

export type Answer = LocalReply | UpstreamAnswer;

/** A filter of a connection manager. */
export type HttpFilter<Settings = unknown> = Filter<Exchange, Settings>;

/** The last filter: answers every request that reaches it. */
export interface TerminalFilter {
  readonly name: string;
  answer(exchange: Exchange): Answer | Promise<Answer>;
}

export interface FilterChain {
  readonly filters: readonly ChainedFilter<Exchange>[];
  readonly terminal: TerminalFilter;
  /** Names of filters that were accepted and do nothing here. */
  readonly ignored: readonly string[];
}
