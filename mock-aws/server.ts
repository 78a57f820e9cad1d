import type { Identity } from '#core/certificates.ts';
import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { createFindDenial } from './authorise.ts';
import type { ServiceName } from './aws-call.ts';
import { ContainerCredentials } from './container/container-credentials.ts';
import type { EdgePolicy } from './edge/types.ts';
import type { PlainEndpoint } from './endpoint/plain-endpoint.ts';
import { createIamService } from './iam/iam-service.ts';
import { IamStore, type PropagationDelayMs } from './iam/iam-store.ts';
import { Journal } from './journal.ts';
import { createRoleSession } from './lambda/role-session.ts';
import { createLambdaService } from './lambda/lambda-service.ts';
import { LambdaStore } from './lambda/lambda-store.ts';
import { LoadBalancer } from './load-balancer/load-balancer.ts';
import type { LoadBalancerOptions } from './load-balancer/types.ts';
import type { ExchangeContext } from './exchange.ts';
import { InstanceMetadata } from './metadata/instance-metadata.ts';
import { IssuerKeys } from './oidc/issuer-keys.ts';
import { RequestIds } from './request-ids.ts';
import { ServiceListener } from './service-listener.ts';
import { SigningKeyCache } from './sigv4/signing-key.ts';
import { StsEndpoint } from './sts/sts-endpoint.ts';
import { createStsService } from './sts/sts-service.ts';

export interface MockAwsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Default `123456789012`. */
  readonly accountId?: string;
  /** `aws` (default) drops every port from Host before it verifies; `own-port` keeps the listener's own. */
  readonly hostPolicy?: EdgePolicy['hostPolicy'];
  /** How long a change of an access key takes to reach verification: for all kinds of changes or for each. Default 0. */
  readonly propagationDelayMs?: PropagationDelayMs;
  /** How many requests the journal, and how many runs `lambda.invocations`, remember. Default 1000. */
  readonly remembered?: number;
  /** The certificate of every endpoint; needed to accept TLS. See {@link getEndpointNames}. */
  readonly identity?: Identity;
  /** Where STS looks for the keys of token issuers; without it only keys that it was given count. */
  readonly outside?: {
    readonly network: Network;
    readonly zone: string;
    /** PEM of the roots STS trusts, asked for at each look; undefined trusts Node's own. */
    readonly trustedRoots?: () => string | readonly string[];
  };
}

/** What a connection can reach: a service, one of the two link-local endpoints, or all of them on one port. */
export type EndpointName = ServiceName | 'metadata' | 'container' | 'any';

/** Where link-local endpoints answer, on port 80 over plain HTTP: EC2's metadata; ECS's task roles and EKS's agent. */
export const LINK_LOCAL_ADDRESSES: Readonly<Record<'metadata' | 'container', readonly string[]>> = {
  metadata: ['169.254.169.254', 'fd00:ec2::254'],
  container: ['169.254.170.2', '169.254.170.23', 'fd00:ec2::23'],
};

interface AcceptOptions {
  /** The connection carries TLS. Default false. */
  readonly tls?: boolean;
}

/**
 * AWS as far as meshrig emulates it: verification, IAM, STS, Lambda, and the endpoints that hand out credentials.
 *
 * What a pod needs for each source of credentials:
 *
 * - web identity: `iam.oidcProviders.create({ url, clientIds })` and `iam.roles.createRole({ roleName, trustPolicy, policies })`. STS
 *   finds the keys at `<url>/.well-known/openid-configuration` through `outside`, or takes those of `sts.giveIssuerKeys(url, keys)`.
 * - instance metadata: `metadata.configure({ role })`, and connections to {@link LINK_LOCAL_ADDRESSES} go to `accept('metadata', ...)`.
 * - ECS task role: the path that `container.addTask(role)` returns, as `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
 * - EKS Pod Identity: `container.associate({ issuer, namespace, serviceAccount, role })`; both go to `accept('container', ...)`.
 *
 * The roles' trust policies must name `ec2.amazonaws.com`, `ecs-tasks.amazonaws.com` or `pods.eks.amazonaws.com`.
 * `metadata`, `container` and `sts` fail on demand: `aws.sts.fail({ kind: 'status', status: 500 }, { after: 1, times: 1 })`.
 */
export interface MockAws extends AsyncDisposable {
  readonly region: string;
  readonly accountId: string;
  /** Users, access keys, `roles`, `oidcProviders`, `managedPolicies`. */
  readonly iam: IamStore;
  readonly sts: StsEndpoint;
  /** EC2's instance metadata service. */
  readonly metadata: InstanceMetadata;
  /** ECS's task roles and the EKS Pod Identity agent. */
  readonly container: ContainerCredentials;
  readonly lambda: LambdaStore;
  readonly journal: Journal;
  /** Serves HTTP on a connection that reached an endpoint; `any` finds the endpoint in each request. */
  accept(endpoint: EndpointName, connection: Connection, options?: AcceptOptions): void;
  /** A load balancer in front of one of the functions. It opens nothing by itself either. */
  createLoadBalancer(options: LoadBalancerOptions): LoadBalancer;
}

const DEFAULT_REGION = 'us-east-1';
const DEFAULT_ACCOUNT = '123456789012';

/**
 * Creates the mock. It opens nothing by itself: connections come through {@link MockAws.accept}, so the same mock
 * serves a network in memory and real sockets.
 */
export function createMockAws(options: MockAwsOptions): MockAws {
  const { clock, timeline } = options;
  const region = options.region ?? DEFAULT_REGION;
  const accountId = options.accountId ?? DEFAULT_ACCOUNT;
  const { iam, lambda } = createStores(options, { region, accountId });
  const journal = new Journal(options.remembered);
  const issuerKeys = new IssuerKeys(clock, options.outside && { ...options.outside, clock });
  const findDenial = createFindDenial(iam, clock);
  const sts = new StsEndpoint(timeline, issuerKeys);
  const { metadata, container } = createCredentialEndpoints(options, { iam, issuerKeys, region, accountId });
  const context: ExchangeContext = {
    clock,
    timeline,
    journal,
    iam,
    region,
    requestIds: new RequestIds(options.random.fork('request-ids')),
    findAccessKey: (accessKeyId) => iam.findAccessKey(accessKeyId),
    signingKeys: new SigningKeyCache(),
    services: {
      lambda: createLambdaService({ store: lambda, clock, accountId, region, findDenial }),
      iam: createIamService(iam, findDenial),
      sts: createStsService({
        iam,
        clock,
        accountId,
        issuerKeys,
        findDenial,
        writesExponents: () => sts.expirationFormat === 'exponent',
      }),
    },
    failures: { sts: sts.failures },
  };
  const listeners = new Map<ServiceName | 'any', ServiceListener>();
  const loadBalancers: LoadBalancer[] = [];

  function createLoadBalancer(balancer: LoadBalancerOptions): LoadBalancer {
    const random = options.random.fork(`load-balancer/${balancer.name}`);
    const created = new LoadBalancer(balancer, { clock, random, timeline, lambda, region, accountId });
    loadBalancers.push(created);
    return created;
  }

  function getListener(service: ServiceName | 'any'): ServiceListener {
    const known = listeners.get(service);
    if (known !== undefined) return known;
    const listener = new ServiceListener({
      service: service === 'any' ? undefined : service,
      hostPolicy: options.hostPolicy ?? 'aws',
      identity: options.identity,
      context,
      ...(service === 'any' && { findPlainEndpoint }),
    });
    listeners.set(service, listener);
    return listener;
  }

  function findPlainEndpoint(target: string): PlainEndpoint | undefined {
    if (target.startsWith('/latest/')) return metadata.endpoint;
    return CONTAINER_PATH.test(target) ? container.endpoint : undefined;
  }

  return {
    region,
    accountId,
    iam,
    sts,
    metadata,
    container,
    lambda,
    journal,
    accept(endpoint, connection, { tls = false } = {}) {
      if (endpoint === 'metadata') metadata.accept(connection);
      else if (endpoint === 'container') container.accept(connection);
      else getListener(endpoint).accept(connection, { tls });
    },
    createLoadBalancer,
    async [Symbol.asyncDispose]() {
      for (const listener of [...listeners.values(), ...loadBalancers, metadata, container]) listener.close();
      await lambda.stop();
    },
  };
}

const CONTAINER_PATH = /^\/(?:v1|v2)\/credentials/;

interface Place {
  readonly region: string;
  readonly accountId: string;
}

function createStores(options: MockAwsOptions, { region, accountId }: Place): { iam: IamStore; lambda: LambdaStore } {
  const { clock, timeline, random, propagationDelayMs = 0 } = options;
  const iam = new IamStore({ accountId, clock, timeline, propagationDelayMs, random: random.fork('iam') });
  const lambda = new LambdaStore({
    accountId,
    region,
    clock,
    timeline,
    random: random.fork('lambda'),
    ...(options.remembered !== undefined && { keptInvocations: options.remembered }),
    createRoleCredentials: (lambdaFunction) => createRoleSession(iam, lambdaFunction, clock.now()),
  });
  return { iam, lambda };
}

interface EndpointParts extends Place {
  readonly iam: IamStore;
  readonly issuerKeys: IssuerKeys;
}

function createCredentialEndpoints({ clock, timeline, random }: MockAwsOptions, parts: EndpointParts) {
  const common = { ...parts, clock, timeline };
  const create = (name: string) => {
    const own = random.fork(name);
    return { ...common, random: own, requestIds: new RequestIds(own.fork('request-ids')) };
  };
  return {
    metadata: new InstanceMetadata(create('metadata')),
    container: new ContainerCredentials(create('container')),
  };
}

/** The DNS names of the endpoints of a region, for certificates and for names in a network. */
export function getEndpointNames(region: string): Record<ServiceName, readonly string[]> {
  return {
    lambda: [`lambda.${region}.amazonaws.com`],
    iam: ['iam.amazonaws.com'],
    sts: ['sts.amazonaws.com', `sts.${region}.amazonaws.com`],
  };
}
