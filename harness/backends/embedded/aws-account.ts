import { createAuthority } from '#core/certificates.ts';
import { trackComputation, type Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import { MeshrigError } from '#core/errors.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { createMockAws, getEndpointNames, type MockAws } from '#mock-aws/server.ts';
import { createAwsClient } from '../../aws-client.ts';
import type { KeyLedger } from '../../ledger/key-ledger.ts';
import { readKeyLedger } from '../../ledger/read-key-ledger.ts';
import { getIssuerHost } from '../../kube-cluster-issuer.ts';
import type { AwsDescription, CredentialEndpoint, FunctionOptions } from '../../topology.ts';
import type { AwsClientConstructor, AwsClientOptions, AwsHandle, Invocation } from '../backend.ts';
import { createIdentities } from './account-identities.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { loadFunction } from './load-function.ts';
import { startLoadBalancers } from './load-balancers.ts';
import { startOidcEndpoint } from './tokens/oidc-endpoint.ts';
import { AWS_ZONE, MACHINE_ZONE } from './zones.ts';

/** Where the endpoints of a region answer: addresses of AWS's own range. */
const ENDPOINT_ADDRESSES = { lambda: '52.94.236.10', iam: '52.94.236.11', sts: '52.94.236.12' } as const;
type EndpointService = keyof typeof ENDPOINT_ADDRESSES;

const ADMINISTRATOR = 'meshrig-administrator';

export interface EmbeddedAws extends AwsHandle, AsyncDisposable {
  findSecretAccessKey(accessKeyId: string): string | undefined;
  /** Serves a connection that reached an endpoint which hands out credentials. */
  accept(endpoint: CredentialEndpoint, connection: Connection): void;
}

/** Starts the mock AWS, reachable from every zone that reaches AWS, by the names of its real endpoints, over TLS. */
export async function startAwsAccount(description: AwsDescription, world: EmbeddedWorld): Promise<EmbeddedAws> {
  const { clock, network, timeline, seed } = world.run;
  const random = world.run.random.fork('aws');
  const region = description.region ?? 'us-east-1';
  const names = getEndpointNames(region);
  const authority = await trackComputation(clock, () =>
    createAuthority({ commonName: 'Amazon Root CA 1', organization: 'Amazon', random: createRandom(`${seed}/amazon`) }),
  );
  const issuerHost = getIssuerHost(region);
  const dnsNames = [...Object.values(names).flat(), issuerHost];
  const identity = await trackComputation(clock, () =>
    authority.issue({ commonName: names.lambda[0] ?? '', dnsNames, usage: 'server' }),
  );
  const { accountId, propagationDelayMs } = description;
  const mock = createMockAws({
    clock,
    timeline,
    random,
    region,
    identity,
    outside: { network, zone: AWS_ZONE, trustedRoots: () => world.systemRoots },
    ...(accountId !== undefined && { accountId }),
    ...(propagationDelayMs !== undefined && { propagationDelayMs }),
  });
  const stack = new ResourceStack();
  stack.use(mock);
  await publishEndpoints({ mock, names, network, stack });
  await createFunctions(description, mock, clock);
  createUsers(description, mock);
  createIdentities(description, mock);
  stack.use(await startOidcEndpoint({ network, host: issuerHost, identity, issuers: () => world.issuers }));
  await startLoadBalancers(description.loadBalancers ?? {}, { mock, clock, network, authority, stack });
  world.systemRoots.push(authority.certificatePem);
  return new EmbeddedAwsAccount({ world, mock, stack, rootPem: authority.certificatePem });
}

interface Endpoints {
  readonly mock: MockAws;
  readonly names: Readonly<Record<EndpointService, readonly string[]>>;
  readonly network: MemoryNetwork;
  readonly stack: ResourceStack;
}

async function publishEndpoints({ mock, names, network, stack }: Endpoints): Promise<void> {
  for (const service of ['lambda', 'iam', 'sts'] as const) {
    const host = ENDPOINT_ADDRESSES[service];
    const accept = network.listen(AWS_ZONE, { host, port: 443 }, (connection) =>
      mock.accept(service, connection, { tls: true }),
    );
    stack.use(await accept);
    for (const name of names[service]) stack.use(network.addName('*', name, [host]));
  }
}

async function createFunctions({ functions = {} }: AwsDescription, mock: MockAws, clock: Clock): Promise<void> {
  for (const [name, given] of Object.entries(functions)) {
    const options: FunctionOptions = typeof given === 'function' ? { handler: given } : given;
    mock.lambda.createFunction({
      name,
      ...(await loadFunction(name, options, clock)),
      ...(options.accountId !== undefined && { accountId: options.accountId }),
      ...(options.timeoutSeconds !== undefined && { timeoutMs: options.timeoutSeconds * 1000 }),
      ...(options.coldStartMs !== undefined && { initMs: options.coldStartMs }),
      ...(options.reservedConcurrency !== undefined && { reservedConcurrency: options.reservedConcurrency }),
    });
  }
}

function createUsers({ users = {} }: AwsDescription, mock: MockAws): void {
  for (const [userName, { accessKeys = [] }] of Object.entries(users)) {
    mock.iam.createUser(userName);
    for (const credentials of accessKeys) mock.iam.createAccessKey(userName, { credentials, isSettled: true });
  }
}

interface AccountParts {
  readonly world: EmbeddedWorld;
  readonly mock: MockAws;
  readonly stack: ResourceStack;
  readonly rootPem: string;
}

class EmbeddedAwsAccount implements EmbeddedAws {
  readonly region: string;
  readonly accountId: string;
  readonly #parts: AccountParts;

  constructor(parts: AccountParts) {
    this.region = parts.mock.region;
    this.accountId = parts.mock.accountId;
    this.#parts = parts;
  }

  createClient<Client>(constructor: AwsClientConstructor<Client>, options: AwsClientOptions = {}): Client {
    const { world, rootPem } = this.#parts;
    const { clock, network, random } = world.run;
    return createAwsClient(constructor, {
      clock,
      network,
      random: random.fork(`client/${constructor.name}`),
      zone: MACHINE_ZONE,
      region: this.region,
      tls: { ca: rootPem },
      credentials: this.#findCredentials(options.user),
    });
  }

  invocations(functionName: string): readonly Invocation[] {
    return this.#parts.mock.lambda
      .invocations()
      .filter((record) => record.functionName === functionName)
      .map(({ invocation, startedAt, outcome }) => ({
        awsRequestId: invocation.requestId,
        event: invocation.event,
        startedAt,
        durationMs: outcome.durationMs,
      }));
  }

  ledger(service = 'lambda'): KeyLedger {
    return readKeyLedger(this.#parts.world.run.timeline.events(), service);
  }

  fail(...[endpoint, failure, window]: Parameters<AwsHandle['fail']>): Disposable {
    return this.#parts.mock[endpoint].fail(failure, window);
  }

  accept(endpoint: CredentialEndpoint, connection: Connection): void {
    this.#parts.mock.accept(endpoint, connection);
  }

  findSecretAccessKey(accessKeyId: string): string | undefined {
    const { iam } = this.#parts.mock;
    return (iam.findShownKey(accessKeyId) ?? iam.findAccessKey(accessKeyId))?.secretAccessKey;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.stack[Symbol.asyncDispose]();
  }

  #findCredentials(user: string | undefined) {
    const { iam } = this.#parts.mock;
    if (user === undefined) {
      const isKnown = iam.listUsers().some(({ userName }) => userName === ADMINISTRATOR);
      if (!isKnown) iam.createUser(ADMINISTRATOR);
      const [key] = iam.listAccessKeys(ADMINISTRATOR);
      return key ?? iam.createAccessKey(ADMINISTRATOR, { isSettled: true });
    }
    const key = iam.listAccessKeys(user).find(({ status }) => status === 'Active');
    if (key !== undefined) return key;
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to create a client for user "${user}": the user has no active access key`,
    );
  }
}
