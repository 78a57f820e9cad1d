import type { Random } from '#core/random.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { HeaderMutation } from './header-mutation.ts';
import type { RequestHash } from './hash-policy.ts';
import type { MirrorPolicy } from './mirror-policy.ts';
import type { PathRewrite } from './path-rewrite.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** A route table ready to match requests. */
export interface CompiledRouteTable {
  readonly name: string;
  /** Clusters that routes name, each once. */
  readonly clusterNames: readonly string[];
  /** Headers that only internal requests may bring. */
  readonly internalOnlyHeaders: readonly string[];
  /** Chooses the route of a request; undefined answers 404. */
  match(headers: HeaderMap, random: Random): CompiledRoute | undefined;
}

/** What a matched route says about a request, ready to act on. */
export interface CompiledRoute {
  /** The route's own name, empty when it has none. */
  readonly name: string;
  readonly virtualHost: string;
  readonly action: RouteAction;
  /** Per-filter settings by filter name; the most specific level has won. */
  readonly filterConfigs: ReadonlyMap<string, PerFilterConfig>;
  /** In the order in which they are applied. */
  readonly requestMutations: readonly HeaderMutation[];
  readonly responseMutations: readonly HeaderMutation[];
  /** `x-envoy-attempt-count` on requests to the upstream cluster, and on responses to the caller. */
  readonly includesAttemptCount: { readonly inRequest: boolean; readonly inResponse: boolean };
  /** Most of a body that is kept to be sent again, where that is less than the connection's limit. */
  readonly bufferLimitBytes: number | undefined;
}

/** The settings of a route, virtual host or weighted cluster for one filter. */
export interface PerFilterConfig {
  readonly isDisabled: boolean;
  /** What the filter's own factory compiled; undefined when the filter was only disabled or enabled. */
  readonly settings: unknown;
}

export type RouteAction = ForwardAction | RedirectAction | DirectResponseAction;

export interface ForwardAction {
  readonly kind: 'forward';
  readonly clusterName: string;
  readonly clusterNotFoundStatus: 404 | 500 | 503;
  /** 0 means none. */
  readonly timeoutMs: number;
  /** Counts for requests of gRPC in place of the timeout; undefined where those are like others. */
  readonly grpcTimeout: GrpcTimeout | undefined;
  /** Undefined leaves the connection manager's; 0 means none. */
  readonly idleTimeoutMs: number | undefined;
  readonly retryPolicy: RetryPolicy;
  readonly rewritePath: PathRewrite | undefined;
  readonly hostRewrite: HostRewrite | undefined;
  readonly appendsForwardedHost: boolean;
  /** Undefined: endpoints are chosen without regard to the request. */
  readonly hash: RequestHash | undefined;
  /** Where copies go. */
  readonly mirrors: readonly MirrorPolicy[];
}

/** Milliseconds. Callers of gRPC say themselves how long they wait. */
export interface GrpcTimeout {
  /** The most that they can have; 0 means any. */
  readonly maxMs: number;
  /** Taken off what they say. */
  readonly offsetMs: number;
}

/** The new `:authority`; `auto` takes the name of the endpoint that was chosen. */
export type HostRewrite =
  | { readonly kind: 'from-request'; readonly rewrite: (headers: HeaderMap) => string | undefined }
  | { readonly kind: 'auto' };

export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: number;
  readonly createLocation: (headers: HeaderMap) => string;
}

export interface DirectResponseAction {
  readonly kind: 'direct-response';
  readonly status: number;
  readonly body: Buffer;
}
