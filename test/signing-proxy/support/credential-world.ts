import type { RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createAuthority, type Identity } from '#core/certificates.ts';
import { createHttp1Server } from '#core/http.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import type { Address } from '#core/address.ts';
import { createRandom } from '#core/random.ts';
import { eventsOfType, type TimelineEventOf } from '#core/timeline.ts';
import { createCredentialSources } from '#signing-proxy/credentials/credential-sources.ts';
import { InternalClusters } from '#signing-proxy/credentials/internal-clusters.ts';
import type { CredentialProvider, CredentialRequest, Credentials } from '#signing-proxy/credentials/types.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { NO_FILES } from '#signing-proxy/files.ts';
import type { Accepted } from '#signing-proxy/resources/accepted.ts';
import { NamedResources } from '#signing-proxy/resources/named-resources.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import { createSecretSources } from '#signing-proxy/secrets/secret-sources.ts';
import type { CompiledSecret } from '#signing-proxy/secrets/types.ts';
import { ClusterManager } from '#signing-proxy/upstreams/cluster-manager.ts';
import type { Endpoint } from '#signing-proxy/upstreams/endpoint.ts';
import { createMemoryFiles } from './memory-files.ts';
import { createTestContext, logTexts, type TestContext } from './proxy-context.ts';

export const STS_HOST = 'sts.us-east-1.amazonaws.com';
export const STS_CLUSTER = 'sts_token_service_internal-us-east-1';
/** Switches the asynchronous client on in 1.29 and 1.30. */
export const ASYNC_CLIENT = { 'envoy.reloadable_features.use_http_client_to_fetch_aws_credentials': true };

export interface CredentialWorldOptions {
  readonly dialect?: Dialect;
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly runtimeFlags?: Readonly<Record<string, boolean>>;
}

/** The credential sources of one proxy, its clusters, and a network with nothing in it yet. */
export function createCredentialWorld(options: CredentialWorldOptions = {}) {
  const context = createTestContext({ logLevels: 'debug', ...(options.dialect && { dialect: options.dialect }) });
  const { clock, random, timeline, source, stats, dialect, log } = context;
  const network = new MemoryNetwork({ clock });
  network.addZone('east');
  network.addZone('east/pod');
  const stopped = new AbortController();
  const files = createMemoryFiles(options.files);
  const clusters = createClusters(context, network);
  const internalClusters = new InternalClusters({ clusters, stats, rule: dialect.credentials.internalClusters });
  const sources = createCredentialSources({
    environment: options.environment ?? {},
    runtimeFlags: options.runtimeFlags ?? {},
    files,
    dialect,
    clock,
    random,
    network,
    zone: 'east',
    clusters,
    internalClusters,
    stats,
    log,
    timeline,
    source,
    signal: stopped.signal,
  });
  return {
    context,
    clock,
    network,
    files,
    clusters,
    internalClusters,
    sources,
    stop: () => stopped.abort(),
    find: (request: Partial<CredentialRequest> = {}) => sources.find({ region: 'us-east-1', ...request }),
    aws: () => logTexts(context, 'aws'),
    stat: (name: string, cluster = STS_CLUSTER) =>
      stats.find(`aws.metadata_credentials_provider.${cluster}.${name}`).value,
    events: (): TimelineEventOf<'credential'>[] => eventsOfType(timeline.events(), 'credential'),
    /** Everything that was told to anyone. */
    told: () => JSON.stringify([timeline.events(), log.lines()]),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await clusters[Symbol.asyncDispose]();
      context[Symbol.dispose]();
    },
  };
}

export type CredentialWorld = ReturnType<typeof createCredentialWorld>;

function createClusters({ clock, random, timeline, source, stats, dialect }: TestContext, network: MemoryNetwork) {
  const endpoints = new NamedResources<Accepted<readonly Endpoint[]>>({ clock, onNamesChanged() {} });
  const discovered = new NamedResources<Accepted<CompiledSecret>>({ clock, onNamesChanged() {} });
  const secrets = createSecretSources({
    local: createLocalSecrets(),
    discovered,
    files: NO_FILES,
    log: { warning() {} },
  });
  const place = { zone: 'east', podZone: 'east/pod', address: '10.42.0.5' };
  const words = dialect.failures;
  return new ClusterManager({
    environment: { network, clock, random, timeline, source, place, endpoints, secrets, stats, words },
    onWarmed() {},
  });
}

/** Asks as a request does that has no time to wait for more than a file. */
export async function askNow(
  provider: CredentialProvider,
  { clock }: Pick<CredentialWorld, 'clock'>,
): Promise<Credentials | 'waits' | undefined> {
  return await Promise.race([provider.getCredentials(), clock.sleep(1).then(() => 'waits' as const)]);
}

/** A plain HTTP endpoint; notes what it was asked. */
export async function serve(network: MemoryNetwork, address: Address, answer: RequestListener): Promise<string[]> {
  const asked: string[] = [];
  const server = createHttp1Server((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await network.listen('east', address, (connection) => void server.emit('connection', connection));
  return asked;
}

let stsIdentity: Promise<Identity> | undefined;

async function issueStsIdentity(): Promise<Identity> {
  const authority = await createAuthority({ commonName: 'Amazon', random: createRandom('amazon') });
  return await authority.issue({ dnsNames: [STS_HOST], usage: 'server' });
}

/** An STS over TLS, with a certificate that nobody has reason to trust; notes the targets it was asked for. */
export async function serveSts(network: MemoryNetwork, answer: RequestListener): Promise<string[]> {
  const { chainPem, privateKeyPem } = await (stsIdentity ??= issueStsIdentity());
  const asked: string[] = [];
  const server = createSecureServer({ cert: chainPem, key: privateKeyPem }, (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  const address = { host: '52.94.236.12', port: 443 };
  await network.listen('east', address, (connection) => void server.emit('connection', connection));
  network.addName('east', STS_HOST, [address.host]);
  return asked;
}

/** An answer of STS as JSON, granted to the n-th question. */
export function createGrant(
  action: string,
  number: number,
  expiration: number | undefined,
): { readonly text: string; readonly credentials: Required<Credentials> } {
  const credentials = {
    accessKeyId: `ASIA${action.toUpperCase()}${number}`,
    secretAccessKey: `secret-of-${action}-${number}`,
    sessionToken: `token-of-${action}-${number}`,
  };
  const Credentials = {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    ...(expiration !== undefined && { Expiration: expiration }),
  };
  const text = JSON.stringify({ [`${action}Response`]: { [`${action}Result`]: { Credentials } } });
  return { text, credentials: credentials as Required<Credentials> };
}
