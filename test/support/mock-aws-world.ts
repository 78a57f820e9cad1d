import { request as httpRequest } from 'node:http';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { STSClient } from '@aws-sdk/client-sts';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { createAuthority, type Authority } from '#core/certificates.ts';
import { createNetworkAgent } from '#core/http.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline, type Timeline } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import type { ServiceName } from '#mock-aws/aws-call.ts';
import type { IamAccessKey, PropagationDelayMs } from '#mock-aws/iam/iam-store.ts';
import { createMockAws, getEndpointNames, LINK_LOCAL_ADDRESSES, type MockAws } from '#mock-aws/server.ts';

export interface RawRequest {
  readonly service?: ServiceName;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Who signs; null leaves the request unsigned. Default: the world's own key. */
  readonly key?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } | null;
  /** The Host that is signed and sent. Default: the service's name. */
  readonly host?: string;
  /** Where it is sent. Default: the service's address. */
  readonly address?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A mock on a network in memory, at AWS's own names, with one user and real SDK clients that reach it over TLS. */
export interface MockAwsWorld extends AsyncDisposable {
  readonly aws: MockAws;
  readonly clock: VirtualClock;
  readonly timeline: Timeline;
  readonly network: MemoryNetwork;
  /** STS trusts it, and reaches the zone `internet`. */
  readonly authority: Authority;
  readonly key: IamAccessKey;
  readonly lambda: LambdaClient;
  readonly iam: IAMClient;
  readonly sts: STSClient;
  /** Sends exactly this, signed at the clock's time, over plain HTTP. */
  send(request: RawRequest): Promise<RawAnswer>;
}

const ADDRESSES: Record<ServiceName, string> = { lambda: '10.0.0.1', iam: '10.0.0.2', sts: '10.0.0.3' };
const REGION = 'us-east-1';
const USER = 'gateway';

/** `now` defaults to the machine's time, because the SDK clients sign with it. */
export async function startMockAwsWorld(
  options: { readonly now?: number; readonly propagationDelayMs?: PropagationDelayMs } = {},
): Promise<MockAwsWorld> {
  const clock = createVirtualClock({ start: options.now ?? Date.now() });
  const random = createRandom('mock-aws-world');
  const timeline = createTimeline(clock);
  const names = getEndpointNames(REGION);
  const authority = await createAuthority({ commonName: 'test root', random });
  const identity = await authority.issue({ dnsNames: Object.values(names).flat(), usage: 'server' });
  const { propagationDelayMs = 0 } = options;
  const network = createNetwork(clock);
  const outside = { network, zone: 'aws', trustedRoots: () => authority.certificatePem };
  const aws = createMockAws({ clock, random, timeline, identity, propagationDelayMs, outside });
  await publishEndpoints(network, aws, names);
  aws.iam.createUser(USER);
  const key = aws.iam.createAccessKey(USER, { isSettled: true });
  const agent = createNetworkAgent(network, 'client', { tls: { ca: authority.certificatePem } });
  // The SDK leaves the port to the agent, and the agent's own default is that of plain HTTP.
  const httpsAgent = Object.assign(agent, { defaultPort: 443 });
  const client = { region: REGION, credentials: key, maxAttempts: 1, requestHandler: { httpsAgent } };
  return {
    aws,
    clock,
    timeline,
    network,
    authority,
    key,
    lambda: new LambdaClient(client),
    iam: new IAMClient(client),
    sts: new STSClient(client),
    send: (request) => sendSigned(request, { clock, network, key }),
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}

function createNetwork(clock: VirtualClock): MemoryNetwork {
  const network = new MemoryNetwork({ clock });
  network.addZone('client', { reaches: ['aws'] });
  network.addZone('aws', { reaches: ['internet'] });
  network.addZone('internet');
  return network;
}

async function publishEndpoints(
  network: MemoryNetwork,
  aws: MockAws,
  names: Record<ServiceName, readonly string[]>,
): Promise<void> {
  for (const service of ['lambda', 'iam', 'sts'] as const) {
    const host = ADDRESSES[service];
    for (const name of names[service]) network.addName('*', name, [host]);
    await network.listen('aws', { host, port: 80 }, (connection) => aws.accept(service, connection));
    await network.listen('aws', { host, port: 443 }, (connection) => aws.accept(service, connection, { tls: true }));
  }
  for (const endpoint of ['metadata', 'container'] as const) {
    for (const host of LINK_LOCAL_ADDRESSES[endpoint]) {
      await network.listen('aws', { host, port: 80 }, (connection) => aws.accept(endpoint, connection));
    }
  }
}

type Sender = Pick<MockAwsWorld, 'clock' | 'network' | 'key'>;

async function sendSigned(request: RawRequest, { clock, network, key }: Sender): Promise<RawAnswer> {
  const { service = 'lambda', method = 'POST', path, body = '', key: signer = key } = request;
  const host = request.host ?? getEndpointNames(REGION)[service][0] ?? '';
  const unsigned = { host, ...request.headers };
  const headers =
    signer === null ? unsigned : await sign({ service, method, path, body, headers: unsigned }, signer, clock.now());
  return await send({ method, path, headers, body, address: request.address ?? ADDRESSES[service] }, network);
}

interface Signable {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

async function sign(
  { service, method, path, headers, body }: Signable,
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
  now: number,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service, region: REGION, credentials, sha256: Sha256, applyChecksum: false });
  const [pathname = '', search = ''] = path.split('?');
  const query = Object.fromEntries(new URLSearchParams(search));
  const signed = await signer.sign(
    { method, protocol: 'http:', hostname: 'unused', path: pathname, query, headers, body },
    { signingDate: new Date(now) },
  );
  return signed.headers;
}

interface Wire extends Omit<Signable, 'service'> {
  readonly address: string;
}

function send({ method, path, headers, body, address }: Wire, network: MemoryNetwork): Promise<RawAnswer> {
  const agent = createNetworkAgent(network, 'client');
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ agent, host: address, port: 80, method, path, headers, setHost: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, rawHeaders } = response;
        resolve({ status, rawHeaders, headers: response.headers, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
