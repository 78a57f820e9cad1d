import type { HeaderMap } from '../http/header-map.ts';
import type { LocalReply } from '../http/local-reply.ts';
import type { RequestBody } from '../http/request-body.ts';
import type { CompiledRoute } from '../routing/types.ts';
import type { ClusterFacts } from '../upstreams/cluster-facts.ts';

/** A request as filters see it that may stand in a cluster, too. */
export interface FilteredRequest {
  /** `[C22][s14188986547451111202]`, in front of log lines about this request. */
  readonly logPrefix: string;
  readonly headers: HeaderMap;
  readonly body: RequestBody;
  /** Undefined when no route matched: the router answers 404. */
  readonly route: CompiledRoute | undefined;
  /** The route's cluster, when it has one and it exists. */
  readonly cluster: ClusterFacts | undefined;
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

/** Nothing; or an answer given here, which ends the chain; or an interest in the answer. */
export type FilterResult = undefined | LocalReply | ResponseHandler;

/** One HTTP filter for what it sees of a request, compiled for one filter chain. Holds no state of a request. */
export interface Filter<Seen extends FilteredRequest, Settings = unknown> {
  /** The name configured, by which routes address it. */
  readonly name: string;
  /** `settings` are those of the route, virtual host or table, if any of them has some for this filter. */
  handleRequest(request: Seen, settings: Settings | undefined): FilterResult | Promise<FilterResult>;
}

/** A filter in its place, with the names that routes may use for it. */
export interface ChainedFilter<Seen extends FilteredRequest> {
  readonly filter: Filter<Seen>;
  readonly canonicalName: string;
  /** Runs only where a route enables it. */
  readonly isDisabled: boolean;
}

/** A filter that may stand in a cluster: every attempt passes it on its way to an endpoint. */
export type UpstreamFilter<Settings = unknown> = Filter<FilteredRequest, Settings>;

/** The HTTP filters of a cluster, in front of its codec. */
export type UpstreamFilters = readonly ChainedFilter<FilteredRequest>[];
