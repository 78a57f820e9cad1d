import type { Instant } from '#core/clock.ts';
import type { LambdaArn } from '../filters/aws-lambda/lambda-arn.ts';

/**
 * What one released gateway does where releases differ: data and small named functions, in one file per release, each
 * rule with its source. Code that signs, calls Lambda or fetches credentials asks the dialect and knows no version.
 */
export interface Dialect {
  /** `envoy-1.19` */
  readonly name: string;
  readonly signing: SigningRules;
  readonly lambda: LambdaRules;
  readonly credentials: CredentialRules;
  readonly http: HttpRules;
  readonly failures: FailureWords;
}

/** How the SigV4 signer reads a request (gateways.md 2). */
export interface SigningRules {
  /** Lower-case names that are never signed. */
  readonly excludedHeaders: ReadonlySet<string>;
  /** The signed value of `host`. The header that is sent stays as it is. */
  readonly createCanonicalHost: (authority: string) => string;
  /** `path` is the part of the request target before `?`; `service` that of the credential scope. */
  readonly createCanonicalPath: (path: string, service: string) => string;
  /** `query` is the part of the request target after `?`, empty when there is none. */
  readonly createCanonicalQuery: (query: string) => string;
  /** The value of `x-amz-date`. */
  readonly formatDate: (now: Instant) => string;
  /** What happens to a date, token or authorization that the caller sent: a second one is added, or it is replaced. */
  readonly presentHeaders: 'added-to' | 'replaced';
  /** The logger the signer writes to. */
  readonly logComponent: 'http' | 'aws';
  /** The line that shows the authorization value. */
  readonly describeSignature: (authorization: string) => string;
  /** Whether the signer says that it leaves a request unsigned. The credential chain says so in every release. */
  readonly announcesUnsigned: boolean;
  /** What the filter `aws_request_signing` can be told. */
  readonly options: ReadonlySet<SigningOption>;
}

/**
 * A field of `aws_request_signing` by its name, `per_route` for settings on routes, `upstream_filter` for its place in a
 * cluster, `region_from_environment` for doing without a region. A release does not see fields that are newer than it is (gateways.md 2.8).
 */
export type SigningOption =
  | 'match_excluded_headers'
  | 'per_route'
  | 'signing_algorithm'
  | 'query_string'
  | 'upstream_filter'
  | 'region_from_environment'
  | 'match_included_headers';

/** How the `aws_lambda` filter calls a function (gateways.md 1). */
export interface LambdaRules {
  /** The request path of an invocation. */
  readonly createPath: (arn: LambdaArn) => string;
  /** What a route's settings change of the listener's signer: nothing, the region, or all of it, the keys included. */
  readonly routeSigner: 'none' | 'region' | 'own';
  /** Whether a function can choose the content type of its answer. */
  readonly contentType: 'from-function' | 'always-json';
  /** What the filter can be told. A release does not see fields that are newer than it is (gateways.md 1.1). */
  readonly options: ReadonlySet<LambdaOption>;
}

export type LambdaOption = 'host_rewrite' | 'upstream_filter';

/** Where keys come from (gateways.md 3). */
export interface CredentialRules {
  /** The default chain, in the order asked. */
  readonly chain: readonly CredentialSource[];
  /** Whether a container endpoint stands in for instance metadata, or is asked before it. */
  readonly hostSources: 'one-of' | 'both';
  /** What the configuration of a filter can ask for. A release does not see fields that are newer than it is. */
  readonly configurable: ReadonlySet<'profile' | 'inline' | 'provider'>;
  /** Whether keys are fetched in the background, through clusters of the proxy, or by a client that blocks requests. */
  readonly usesAsyncClient: (runtimeFlags: Readonly<Record<string, boolean>>) => boolean;
  /** The credentials file where the environment names none. `home` is empty when there is no home folder. */
  readonly locateCredentialsFile: (home: string) => string;
  readonly container: ContainerRules;
  readonly sts: {
    /** Whether an expiry written as `1.7E9` is read (B26). */
    readonly readsExponents: boolean;
  };
  /** What becomes of requests while a fetch in the background is under way. */
  readonly whilePending: 'unsigned' | 'wait';
  /** What a fetch that fails leaves behind of the keys before it. */
  readonly afterFailedRefresh: 'keep' | 'anonymous';
  /** How long keys without an expiry count. */
  readonly defaultRefreshMs: number;
  /** What a complete list from CDS does to the clusters that the proxy has made itself (B27). */
  readonly internalClusters: 'removed-by-cds' | 're-added' | 'kept';
  /** Whether a role to assume learns that the keys it has to be asked for with have come (B31). */
  readonly nestedFetch: 'is-lost' | 'tells';
}

export interface ContainerRules {
  /** What the log calls it: `task role`. */
  readonly name: string;
  readonly readsTokenFile: boolean;
  /** Otherwise keys count as long expired (B23). */
  readonly readsExpiry: boolean;
}

export type MetadataVersion = 'v1' | 'v2';

export type CredentialSource =
  'environment' | 'credentials-file' | 'web-identity' | 'container' | `instance-metadata-${MetadataVersion}`;

/** How the connection manager treats requests (gateways.md 4.3, 4.4). */
export interface HttpRules {
  /** The status of a stream that went idle after its request had ended. Before that it is 408. */
  readonly idleAfterRequestStatus: 408 | 504;
  /** The callers that count as internal where a listener does not say. */
  readonly internalAddresses: 'private-and-loopback' | 'none';
  /** What becomes of an `x-request-id` without a value where ids are generated. */
  readonly emptyRequestId: 'kept' | 'replaced';
  /**
   * Whether the upstream is told the host that a route replaced, in `x-envoy-original-host`; and whether callers outside may
   * say so, or what path was replaced.
   */
  readonly tellsOriginalHost: boolean;
  /** Whether an answer is retried that says `x-envoy-overloaded`. */
  readonly retriesOverloaded: boolean;
  /** Whether outlier detection may eject one endpoint more. `ejected` and `hosts` are counts of the cluster. */
  readonly mayEject: (ejected: number, hosts: number, maxPercent: number) => boolean;
  readonly upstreamStats: UpstreamStatRules;
  readonly histograms: HistogramRule;
}

/** How values are told from bins: evenly spread over a bin, or each at a place of its own inside it. */
export type HistogramRule = 'interpolated' | 'by-sample';

/** What the counters of HTTP filters begin with that stand behind a router. */
export interface UpstreamStatRules {
  readonly inCluster: (cluster: string) => string;
  /** `managerPrefix` is that of the connection manager: `http.inbound.` */
  readonly inRouter: (managerPrefix: string) => string;
}

/** What a release calls the ways in which no connection came about (gateways.md 4.3). */
export interface FailureWords {
  /** Nobody listens, or the network says that there is no way. `errorNumber` is that of Linux: 111 for a refused connect. */
  readonly describeRefusal: (errorNumber: number) => ConnectFailureWords;
  readonly timedOut: ConnectFailureWords;
  /** The handshake failed, on either side. */
  readonly handshake: ConnectFailureWords;
  /** A secret that the TLS context needs has not come. */
  readonly secretMissing: string;
  /** Whether the answer to the caller says how the transport failed. The access log always does. */
  readonly tellsCaller: boolean;
  /** The text behind `transport failure reason:` for a line of the TLS library and, where it verified, the reason. */
  readonly describeTls: (line: string, why?: string) => string;
}

interface ConnectFailureWords {
  readonly reason: string;
  readonly transportFailure?: string;
}
