import type { Identity } from '#core/certificates.ts';
import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { ServiceName } from './aws-call.ts';
import type { EdgePolicy } from './edge/types.ts';
import { createIamService } from './iam/iam-service.ts';
import { IamStore } from './iam/iam-store.ts';
import { Journal } from './journal.ts';
import { createRoleSession } from './lambda/role-session.ts';
import { createLambdaService } from './lambda/lambda-service.ts';
import { LambdaStore } from './lambda/lambda-store.ts';
import { LoadBalancer } from './load-balancer/load-balancer.ts';
import type { LoadBalancerOptions } from './load-balancer/types.ts';
import type { ExchangeContext } from './exchange.ts';
import { RequestIds } from './request-ids.ts';
import { ServiceListener } from './service-listener.ts';
import { SigningKeyCache } from './sigv4/signing-key.ts';
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
  /** How long a change of an access key takes to reach verification. Default 0. */
  readonly propagationDelayMs?: number;
  /** How many requests the journal, and how many runs `lambda.invocations`, remember. Default 1000. */
  readonly remembered?: number;
  /** The certificate of every endpoint; needed to accept TLS. See {@link getEndpointNames}. */
  readonly identity?: Identity;
}

interface AcceptOptions {
  /** The connection carries TLS. Default false. */
  readonly tls?: boolean;
}

/** AWS as far as meshrig emulates it: verification, IAM, STS, Lambda. */
export interface MockAws extends AsyncDisposable {
  readonly region: string;
  readonly accountId: string;
  readonly iam: IamStore;
  readonly lambda: LambdaStore;
  readonly journal: Journal;
  /** Serves HTTP on a connection that reached an endpoint; `any` finds the service in each request. */
  accept(service: ServiceName | 'any', connection: Connection, options?: AcceptOptions): void;
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
      lambda: createLambdaService({ store: lambda, clock, accountId, region }),
      iam: createIamService(iam),
      sts: createStsService(),
    },
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
    });
    listeners.set(service, listener);
    return listener;
  }

  return {
    region,
    accountId,
    iam,
    lambda,
    journal,
    accept: (service, connection, { tls = false } = {}) => getListener(service).accept(connection, { tls }),
    createLoadBalancer,
    async [Symbol.asyncDispose]() {
      for (const listener of [...listeners.values(), ...loadBalancers]) listener.close();
      await lambda.stop();
    },
  };
}

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

/** The DNS names of the endpoints of a region, for certificates and for names in a network. */
export function getEndpointNames(region: string): Record<ServiceName, readonly string[]> {
  return {
    lambda: [`lambda.${region}.amazonaws.com`],
    iam: ['iam.amazonaws.com'],
    sts: ['sts.amazonaws.com', `sts.${region}.amazonaws.com`],
  };
}
