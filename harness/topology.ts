import type { Clock } from '#core/clock.ts';

/** A manifest as its user wrote it, with the name to show in error messages. */
export interface ManifestSource {
  readonly file: string;
  /** YAML, one or more documents. */
  readonly text: string;
}

/** What a scenario wants to know about a KubeCluster before it starts. Plain data. */
export interface KubeClusterOptions {
  /** Applied in order while the cluster starts; the cluster is started when all pods are ready. */
  readonly manifests?: readonly ManifestSource[];
  /** The ingress gateway in `istio-system`; left out, the cluster has one of the default dialect. */
  readonly gateway?: GatewayOptions | false;
  /** How every sidecar and gateway of the cluster behaves, such as `envoy-1.19`. Default: the backend's. */
  readonly dialect?: string;
  /** The Istio version the control plane speaks for, such as `1.11.0`. Default: the backend's. */
  readonly istioVersion?: string;
  /** What `istioctl install -r` sets for IstioOperators that name no revision. */
  readonly revision?: string;
  /** Whether the cluster lies in the VPC of the AWS account, and so reaches its load balancers. Default: false. */
  readonly vpc?: boolean;
  /** From a change of a Secret or ConfigMap until pods see it in their volumes. Default: 60 000, about a minute. */
  readonly volumeSyncDelayMs?: number;
  /** Which endpoints that hand out credentials answer its pods. Default: none, as on a laptop, where connects to them are lost. */
  readonly credentialEndpoints?: readonly CredentialEndpoint[];
}

/** `metadata`: 169.254.169.254, where the nodes are EC2 instances. `container`: 169.254.170.2 and .23, the agent of EKS. */
export type CredentialEndpoint = 'metadata' | 'container';

export interface GatewayOptions {
  /** Overrides the cluster's dialect for the gateway. */
  readonly dialect?: string;
  /** Default: 1. */
  readonly replicas?: number;
}

export interface KubeClusterDescription extends KubeClusterOptions {
  readonly kind: 'kube-cluster';
  readonly name: string;
}

/** A function that runs inside this process, in virtual time. Its value is the answer's JSON. */
export type FunctionHandler = (event: unknown, context: FunctionContext) => unknown;

export interface FunctionContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  /** The scenario's clock: a handler that waits waits on it. */
  readonly clock: Clock;
}

/**
 * The code of a function: a handler, a module that exports one as `handler`, or a Python file with a `lambda_handler`, which runs
 * in a process of its own, in real time.
 */
export type FunctionOptions = FunctionLimits & ({ readonly handler: FunctionHandler } | { readonly file: string });

export interface FunctionLimits {
  /** The account it belongs to. One of another account has a policy that lets this one invoke it. Default: the account's own. */
  readonly accountId?: string;
  /** Seconds before Lambda gives up. Default: 3, as Lambda's. */
  readonly timeoutSeconds?: number;
  /** How long the first invocation of an instance waits. Default: 0. */
  readonly coldStartMs?: number;
  /** How many invocations may run at once. Default: as many as the account allows. */
  readonly reservedConcurrency?: number;
}

/** An access key whose text is known beforehand, because a manifest of the scenario holds it. */
export interface KnownAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface UserOptions {
  /** Keys the user has from the start. */
  readonly accessKeys?: readonly KnownAccessKey[];
}

/** A policy as the console shows it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

export interface RoleOptions {
  /** Who may assume it. */
  readonly trustPolicy: PolicyDocument;
  /** What it may do. Default: invoke every function. */
  readonly policy?: PolicyDocument;
  /** The longest session it gives, up to 43,200. Default: 3600. */
  readonly maxSessionSeconds?: number;
}

/** An issuer of tokens that the account trusts: an IAM OIDC provider. */
export interface OidcProviderOptions {
  /** `https://...`, as the tokens name it. */
  readonly url: string;
  /** Audiences. Default: `sts.amazonaws.com`. */
  readonly clientIds?: readonly string[];
}

/** What the instance metadata service of the nodes answers. */
export interface InstanceOptions {
  /** The role of the instance profile; left out, there is none. */
  readonly role?: string;
  /** Whether version 1, without tokens, is answered too. Default: `optional`. */
  readonly tokens?: 'optional' | 'required';
  /** How long its credentials last. Default: six hours. */
  readonly lifetimeMs?: number;
}

/** An EKS Pod Identity association. */
export interface PodIdentityOptions {
  /** Issuer of the KubeCluster's tokens. */
  readonly issuer: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly role: string;
  /** How long its credentials last. Default: six hours. */
  readonly lifetimeMs?: number;
}

/** An internal load balancer with a Lambda target. */
export interface LoadBalancerOptions {
  /** The function that every request goes to. */
  readonly function: string;
  /** Private addresses, one for each availability zone. */
  readonly addresses: readonly string[];
  /** Ports; 443 speaks TLS. Default: 80 and 443. */
  readonly listeners?: readonly number[];
}

export interface AwsOptions {
  /** Functions by name. A bare handler has default options. */
  readonly functions?: Readonly<Record<string, FunctionHandler | FunctionOptions>>;
  /** IAM users by name. */
  readonly users?: Readonly<Record<string, UserOptions>>;
  /** IAM roles by name. */
  readonly roles?: Readonly<Record<string, RoleOptions>>;
  readonly oidcProviders?: readonly OidcProviderOptions[];
  readonly instance?: InstanceOptions;
  readonly podIdentities?: readonly PodIdentityOptions[];
  /** Roles of ECS tasks by the id at the end of their path: `/v2/credentials/<id>`. */
  readonly taskRoles?: Readonly<Record<string, string>>;
  /** Load balancers by DNS name. Their names resolve everywhere, but only KubeClusters in the VPC reach them. */
  readonly loadBalancers?: Readonly<Record<string, LoadBalancerOptions>>;
  /** Default: `us-east-1`. */
  readonly region?: string;
  /** Default: `123456789012`. */
  readonly accountId?: string;
  /** How long a change of an access key takes to reach the services. Default: 0. */
  readonly propagationDelayMs?: number;
}

export interface AwsDescription extends AwsOptions {
  readonly kind: 'aws';
}

/** The parts of a scenario's world by the name under which its `run` gets them. */
export type Topology = Readonly<Record<string, KubeClusterDescription | AwsDescription>>;

/** Describes a Kubernetes cluster with Istio. Nothing starts yet. */
export function kubeCluster(name: string, options: KubeClusterOptions = {}): KubeClusterDescription {
  return { kind: 'kube-cluster', name, ...options };
}

/** Describes an AWS account: one region with Lambda, IAM and STS. Nothing starts yet. */
export function aws(options: AwsOptions = {}): AwsDescription {
  return { kind: 'aws', ...options };
}
