import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { buffer } from 'node:stream/consumers';
import { createAuthority, type Identity } from '#core/certificates.ts';
import { createNetworkAgent } from '#core/http.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline, eventsOfType, type TimelineEventOf } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import type { InProcessHandler } from '#mock-aws/lambda/handler.ts';
import type { LoadBalancerOptions } from '#mock-aws/load-balancer/types.ts';
import { createMockAws, type MockAws } from '#mock-aws/server.ts';

export interface Answer {
  readonly status: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly port?: number;
  readonly signal?: AbortSignal;
}

/** A load balancer on a network in memory, at `10.0.1.186` on 80, 443 (TLS) and 8080. */
export interface BalancerWorld extends AsyncDisposable {
  readonly aws: MockAws;
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly rootPem: string;
  call(call?: Call): Promise<Answer>;
  /** Sends bytes as they stand and returns everything that came back until the end. */
  sendRaw(bytes: string): Promise<string>;
  /** The subject names of the certificate that a client gets which asks for `servername`. */
  handshake(servername: string): Promise<string>;
  /** The access log, oldest first. */
  log(): readonly TimelineEventOf<'aws-answered'>[];
}

export const BALANCER = { host: '10.0.1.186' };

export async function startBalancerWorld(
  handler: InProcessHandler,
  options: Partial<Omit<LoadBalancerOptions, 'name' | 'identity'>> = {},
): Promise<BalancerWorld> {
  const clock = createVirtualClock();
  const random = createRandom('load-balancer');
  const timeline = createTimeline(clock);
  const network = new MemoryNetwork({ clock });
  network.addZone('vpc');
  const authority = await createAuthority({ commonName: 'Amazon Root CA 1', random });
  const identity: Identity = await authority.issue({ dnsNames: ['alb.jesus2.solo.io'], usage: 'server' });
  const aws = createMockAws({ clock, random, timeline });
  aws.lambda.createFunction({ name: 'hello', code: handler });
  const targetGroup = { name: 'hello', functionName: 'hello' };
  const balancer = aws.createLoadBalancer({ name: 'alb', targetGroup, identity, ...options });
  for (const port of [80, 8080]) await network.listen('vpc', { ...BALANCER, port }, (c) => balancer.accept(c));
  await network.listen('vpc', { ...BALANCER, port: 443 }, (c) => balancer.accept(c, { tls: true }));
  return {
    aws,
    clock,
    network,
    rootPem: authority.certificatePem,
    call: (call = {}) => send(network, call),
    async sendRaw(bytes) {
      const connection = await network.connect('vpc', { ...BALANCER, port: 80 }, { source: '10.0.9.9' });
      connection.write(Buffer.from(bytes, 'latin1'));
      return (await buffer(connection)).toString('latin1');
    },
    async handshake(servername) {
      const socket = await network.connect('vpc', { ...BALANCER, port: 443 });
      const secured = connectTls({ socket, servername, rejectUnauthorized: false });
      await once(secured, 'secureConnect');
      const names = secured.getPeerCertificate().subjectaltname ?? '';
      secured.destroy();
      return names;
    },
    log: () => eventsOfType(timeline.events(), 'aws-answered'),
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}

function send(network: MemoryNetwork, call: Call): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body, port = 80, signal } = call;
  const agent = createNetworkAgent(network, 'vpc', { source: '10.0.9.9' });
  return new Promise((resolve, reject) => {
    const options = { agent, ...BALANCER, port, method, path, headers: { host: 'alb.test', ...headers } };
    const sent = httpRequest({ ...options, ...(signal !== undefined && { signal }) }, (response) => {
      const { statusCode: status = 0, statusMessage = '', headers: received } = response;
      buffer(response).then(
        (bytes) => resolve({ status, statusMessage, headers: received, body: bytes.toString() }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
