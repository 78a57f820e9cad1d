import type { ProxyStatus } from '#control-plane/push/proxy-status.ts';
import type { PushFault } from '#control-plane/push/push-fault.ts';
import type { Clock, Instant } from '#core/clock.ts';
import type { ConnectionFault } from '#core/connection-fault.ts';
import type { RawHeaders } from '#core/http-message.ts';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { KeyLedger } from '../ledger/key-ledger.ts';
import type { EndpointFailure, FailureWindow } from '#mock-aws/endpoint/endpoint-failure.ts';
import type { SyncState } from '../sync/sync-state.ts';
import type {
  AwsDescription,
  CredentialEndpoint,
  KubeClusterDescription,
  ManifestSource,
  Topology,
} from '../topology.ts';
import type { Listing } from './listing.ts';

/** Something that can bring a topology to life. Scenarios see its handles and nothing else of it. */
export interface Backend {
  readonly name: string;
  /**
   * Starts every part, in the order of the topology, and resolves when all of them are ready.
   *
   * @throws MeshrigError `INVALID_MANIFEST`, `PORT_IN_USE` or `ENVIRONMENT`. What had started by then is stopped again.
   */
  start<Description extends Topology>(topology: Description, run: RunContext): Promise<Environment<Description>>;
}

/** What one run of one scenario hands to a backend. */
export interface RunContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** The network to build on; left out, the backend makes its own. */
  readonly network?: Network;
  readonly seed: string;
  /** Whether a port-forward also opens its port on the machine's loopback, for an outside `curl`. */
  readonly exposePorts: boolean;
  /** Aborts when the run is interrupted or out of time. */
  readonly signal: AbortSignal;
}

/** A started topology. Disposing it stops everything in reverse order; disposing twice is harmless. */
export interface Environment<Description extends Topology = Topology> extends AsyncDisposable {
  readonly handles: StartedTopology<Description>;
  /** What is still open after disposal, one phrase each, such as `connection to 10.42.0.5:8080`. */
  findLeaks(): readonly string[];
  /** The secret of an access key that exists or existed here, for explanations. It never reaches an event. */
  findSecretAccessKey(accessKeyId: string): string | undefined;
}

export type StartedPart<Description> = Description extends KubeClusterDescription
  ? KubeCluster
  : Description extends AwsDescription
    ? AwsHandle
    : never;

export type StartedTopology<Description extends Topology> = {
  readonly [Name in keyof Description]: StartedPart<Description[Name]>;
};

/** Chooses pods by labels. */
export interface PodSelector {
  /** Default: every namespace. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Which pushes are meant. */
export interface PushTarget {
  /** Default: every proxy. */
  readonly pods?: PodSelector;
  /** Only one of these pods, counted from 0 by age. */
  readonly replica?: number;
  /** Default: every type. */
  readonly types?: readonly ('CDS' | 'EDS' | 'LDS' | 'RDS' | 'SDS' | 'ECDS')[];
}

export interface ObjectReference {
  readonly kind: string;
  /** Default: `default`. */
  readonly namespace?: string;
  readonly name: string;
}

/** A running Kubernetes cluster (never an Envoy cluster). */
export interface KubeCluster {
  readonly name: string;
  /** Creates or changes objects, as `kubectl apply`. Resolves when they are stored, before proxies serve them. */
  apply(manifest: ManifestSource): Promise<void>;
  delete(reference: ObjectReference): Promise<void>;
  /** Deletes pods and resolves when their replacements are ready. */
  deletePod(selector: PodSelector): Promise<void>;
  /**
   * Forwards a port of the caller's machine to a service, as `kubectl port-forward` or k3d's load balancer.
   *
   * @param hostPort 0 for a free one.
   * @param service `name` or `namespace/name`; a bare name must be unique in the cluster.
   * @throws MeshrigError `PORT_IN_USE` when the port must be opened and is taken.
   */
  portForward(hostPort: number, service: string, port: number): Promise<Forward>;
  /**
   * Makes something go wrong with every later connection from a pod of this cluster to an address, until disposed. `127.0.0.1`
   * is each pod's own loopback: the way from a sidecar to its application.
   *
   * @param target `host:port`, the host as the pods know it.
   */
  fault(target: string, fault: ConnectionFault): Promise<Disposable>;
  /**
   * Makes something go wrong with every later push to proxies, until disposed.
   *
   * @example
   * await east.pushFault({ pods: HTTPBIN, replica: 0, types: ['LDS'] }, latePush(20_000));
   */
  pushFault(target: PushTarget, fault: PushFault): Promise<Disposable>;
  /** Stops istiod at once; it starts again after `downMs`, with the objects there are then. Resolves when it is down. */
  restartControlPlane(downMs: number): Promise<void>;
  /** How far proxies are with what istiod has for them: a state for each proxy and type. Default: every proxy. */
  sync(selector?: PodSelector): Promise<readonly SyncState[]>;
  /** A client inside the pod that the selector finds, as `kubectl exec -- curl`. Its calls name their host: `lambda.external/path`. */
  exec(selector: PodSelector): Caller;
  /**
   * The public name of a Service of type LoadBalancer, as `kubectl get svc` shows it.
   *
   * @param service `name` or `namespace/name`
   */
  externalHost(service: string): Promise<string>;
  /** The rows of `istioctl proxy-status`, and the table that it prints. */
  proxyStatus(): Promise<Listing<ProxyStatus>>;
  /** What one proxy has, as protobuf JSON objects, and the table that `istioctl proxy-config` prints of it. */
  proxyConfig(selector: PodSelector, kind: ProxyConfigKind): Promise<Listing<unknown>>;
  /** The log lines of a pod's proxy so far, oldest first. */
  logs(selector: PodSelector): AsyncIterable<LogLine>;
}

export type ProxyConfigKind = 'listener' | 'route' | 'cluster' | 'endpoint' | 'secret';

export interface LogLine {
  readonly at: Instant;
  readonly text: string;
}

/** Sends HTTP requests from one place. */
export interface Caller {
  get(path: string, options?: CallOptions): Promise<CallResult>;
  post(path: string, body: string | Uint8Array, options?: CallOptions): Promise<CallResult>;
  request(method: string, path: string, options?: CallOptions): Promise<CallResult>;
}

export interface CallOptions {
  /** The `Host` header to send. Default: the address called. */
  readonly host?: string;
  /** Further headers, sent in this order. */
  readonly headers?: RawHeaders | Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How long to wait for the whole answer. Default: for ever. */
  readonly timeoutMs?: number;
  /** Speaks TLS; a URL with `https://` does so with the defaults. */
  readonly tls?: CallTls;
}

/** How a caller speaks TLS. PEM throughout. */
export interface CallTls {
  /** `curl --cert` */
  readonly certificatePem?: string;
  /** `curl --key` */
  readonly privateKeyPem?: string;
  /** `curl --cacert`. Default: the machine's own authorities. */
  readonly authorityPem?: string;
  /** The name to ask for and to check. Default: the host of the URL or of the `host` option. */
  readonly serverName?: string;
  /** `curl -k`: whatever certificate comes is accepted. Default: false. */
  readonly isInsecure?: boolean;
}

/** A complete answer. */
export interface CallResult {
  /** The `call` of the timeline event that describes this call. */
  readonly callId: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** From sending the request to the end of the answer, on the scenario's clock. */
  readonly durationMs: number;
  /** The body as UTF-8. */
  text(): string;
  /** The body parsed as JSON. */
  json(): unknown;
}

/** An open port-forward: a caller on the machine that runs the scenario. Disposing closes the port. */
export interface Forward extends Caller, AsyncDisposable {
  readonly hostPort: number;
  url(path: string): string;
}

/** A constructor of an AWS SDK client, such as `IAMClient`. */
export type AwsClientConstructor<Client> = new (configuration: never) => Client;

export interface AwsClientOptions {
  /** Signs with the first active access key of this user. Default: an administrator made for the purpose. */
  readonly user?: string;
}

/** The mock AWS of a scenario. */
export interface AwsHandle {
  readonly region: string;
  readonly accountId: string;
  /** An unmodified SDK client on this network and clock, as a person outside the clusters would use it. */
  createClient<Client>(constructor: AwsClientConstructor<Client>, options?: AwsClientOptions): Client;
  /** Finished invocations of a function, oldest first. */
  invocations(functionName: string): readonly Invocation[];
  /** Who signed the requests to a service so far. Default: Lambda. */
  ledger(service?: 'lambda' | 'sts' | 'iam'): KeyLedger;
  /**
   * Makes an endpoint that hands out credentials fail, until disposed.
   *
   * @example
   * aws.fail('sts', { kind: 'status', status: 500 }, { times: 1 });
   */
  fail(
    endpoint: 'sts' | CredentialEndpoint,
    failure: Exclude<EndpointFailure, { kind: 'expired' }>,
    window?: FailureWindow,
  ): Disposable;
}

export interface Invocation {
  readonly awsRequestId: string;
  readonly event: unknown;
  /** When the request arrived, before any cold start. */
  readonly startedAt: Instant;
  /** How long the handler ran, without the cold start. */
  readonly durationMs: number;
}
