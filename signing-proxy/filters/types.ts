import type { Readable } from 'node:stream';
import type { Address } from '#core/network.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { RequestBody } from '../http/request-body.ts';
import type { LocalReply } from '../http/local-reply.ts';
import type { TraceContext } from '../http/trace-context.ts';
import type { SubstitutionInput } from '../routing/substitution-format.ts';
import type { CompiledRoute } from '../routing/types.ts';
import type { UpstreamCluster } from '../upstreams/types.ts';

/** A request as filters see it that may stand in a cluster, too. */
export interface FilteredRequest {
  /** `[C22][s14188986547451111202]`, in front of log lines about this request. */
  readonly logPrefix: string;
  readonly headers: HeaderMap;
  readonly body: RequestBody;
  /** Undefined when no route matched: the router answers 404. */
  readonly route: CompiledRoute | undefined;
  /** The route's cluster, when it has one and it exists. */
  readonly cluster: UpstreamCluster | undefined;
}

/** One request and its answer, as the filters of a connection manager see it. */
export interface Exchange extends SubstitutionInput, FilteredRequest {
  readonly headers: HeaderMap;
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

/** An answer on its way to the caller. */
export interface ResponseExchange {
  readonly headers: HeaderMap;
  readonly hasBody: boolean;
  /** Reads the whole body, at once where it has arrived. @throws BodyTooLargeError above the limit */
  readBody(): Buffer | Promise<Buffer>;
  replaceBody(body: Buffer): void;
}

/** Called with the answer to a request that the filter has seen, the last filter's handler first. */
export type ResponseHandler = (response: ResponseExchange) => void | Promise<void>;

/** What the upstream answered, for the filters and then the caller. */
export interface UpstreamAnswer {
  readonly kind: 'upstream';
  readonly headers: HeaderMap;
  readonly body: Readable | Buffer;
  readonly trailers: Promise<HeaderMap | undefined> | undefined;
}

export type Answer = LocalReply | UpstreamAnswer;

/** Nothing; or an answer given here, which ends the chain; or an interest in the answer. */
export type FilterResult = undefined | LocalReply | ResponseHandler;

/** One HTTP filter, compiled for one filter chain. Holds no state of a request. */
export interface HttpFilter<Settings = unknown, Seen extends FilteredRequest = Exchange> {
  /** The name configured, by which routes address it. */
  readonly name: string;
  /** `settings` are those of the route, virtual host or table, if any of them has some for this filter. */
  handleRequest(request: Seen, settings: Settings | undefined): FilterResult | Promise<FilterResult>;
}

/** A filter that may stand in a cluster: every attempt passes it on its way to an endpoint. */
export type UpstreamFilter<Settings = unknown> = HttpFilter<Settings, FilteredRequest>;

/** A filter in its place, with the names that routes may use for it. */
export interface ChainedFilter<Seen extends FilteredRequest = Exchange> {
  readonly filter: HttpFilter<unknown, Seen>;
  readonly canonicalName: string;
  /** Runs only where a route enables it. */
  readonly isDisabled: boolean;
}

/** The HTTP filters of a cluster, in front of its codec. */
export type UpstreamFilters = readonly ChainedFilter<FilteredRequest>[];

/** The last filter: answers every request that reaches it. */
export interface TerminalFilter {
  readonly name: string;
  answer(exchange: Exchange): Answer | Promise<Answer>;
}

/** The settings of a route, virtual host or weighted cluster for one filter. */
export interface PerFilterConfig {
  readonly isDisabled: boolean;
  /** What the filter's own factory compiled; undefined when the filter was only disabled or enabled. */
  readonly settings: unknown;
}
