import { Agent, request as sendRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fromJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { createConnectionPair, type Connection } from '#core/connection.ts';
import { anyRegistry } from '#xds/any-registry.ts';
import { HttpConnectionManagerSchema } from '#xds/generated/messages.js';
import {
  createHttpConnectionManager,
  type HttpConnectionManagerFilter,
} from '#signing-proxy/http/connection-manager.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import type { DownstreamInfo, DownstreamTls } from '#signing-proxy/listeners/types.ts';
import type { UpstreamAttempt, UpstreamCluster, UpstreamResponse } from '#signing-proxy/upstreams/types.ts';
import { createTestContext, type TestContext, type TestContextOptions } from './proxy-context.ts';

/** What a scripted cluster saw of one attempt. */
interface SentRequest {
  readonly headers: HeaderMap;
  readonly body: string;
  readonly attempt: UpstreamAttempt;
}

export interface ScriptedCluster extends UpstreamCluster {
  readonly sent: SentRequest[];
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
}

type Script = (sent: SentRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** A cluster that notes every attempt and answers as the script says; a script that throws is a failed attempt. */
export function createScriptedCluster(
  name: string,
  script: Script = () => ({}),
  metadata: Record<string, JsonObject> = {},
): ScriptedCluster {
  const sent: SentRequest[] = [];
  return {
    name,
    sent,
    metadata: new Map(Object.entries(metadata)),
    async send(attempt): Promise<UpstreamResponse> {
      const body = await readAttemptBody(attempt.body);
      const request = { headers: attempt.headers.clone(), body, attempt };
      sent.push(request);
      const aborted = new Promise<never>((_, reject) => {
        attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error), { once: true });
      });
      const answer = await Promise.race([aborted, Promise.resolve(script(request, sent.length - 1))]);
      return toUpstreamResponse(answer);
    },
    connect: () => Promise.reject(new Error('not used by HTTP')),
    tryRetry: () => ({ [Symbol.dispose]() {} }),
  };
}

async function readAttemptBody(body: UpstreamAttempt['body']): Promise<string> {
  if (body === undefined) return '';
  return Buffer.isBuffer(body) ? body.toString() : (await buffer(body)).toString();
}

function toUpstreamResponse({ status = 200, headers = {}, body = '' }: ScriptedAnswer): UpstreamResponse {
  return {
    headers: HeaderMap.from([[':status', String(status)], ...Object.entries(headers)]),
    body: typeof body === 'string' ? Readable.from(body === '' ? [] : [Buffer.from(body)]) : body,
    trailers: Promise.resolve(undefined),
    endpoint: { host: '10.0.0.1', port: 443 },
  };
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  /** Flat names and values; `host` is `example.com` unless given. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface HttpRig extends Disposable {
  readonly context: TestContext;
  readonly manager: HttpConnectionManagerFilter;
  call(call?: Call): Promise<Answered>;
  /** Opens a connection to write raw bytes on. */
  connect(): Connection;
}

export interface HttpRigOptions extends TestContextOptions {
  /** Fields of the connection manager, in protobuf's JSON. A route table that answers nothing, and the router, are the default. */
  readonly manager?: JsonObject;
  readonly clusters?: readonly UpstreamCluster[];
  readonly downstream?: Partial<DownstreamInfo>;
}

export const ROUTER: JsonObject = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

/** A route table with one virtual host for every domain. */
export function inlineRoutes(...routes: JsonValue[]): JsonObject {
  return { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] };
}

/** A connection manager on connections in memory, between a real HTTP client and scripted clusters. */
export function createHttpRig(options: HttpRigOptions = {}): HttpRig {
  const context = createTestContext(options);
  for (const cluster of options.clusters ?? []) context.upstreams.set(cluster.name, cluster);
  const routes: JsonObject = options.manager?.['rds'] === undefined ? { route_config: inlineRoutes() } : {};
  const fields = { ...routes, http_filters: [ROUTER], ...options.manager };
  const config = fromJson(HttpConnectionManagerSchema, fields, { registry: anyRegistry });
  const manager = createHttpConnectionManager(config, context);
  let connections = 0;

  const connect = (): Connection => {
    const id = ++connections;
    const { client, server } = createConnectionPair({
      id,
      client: { host: '10.42.0.9', port: 40_000 + id },
      server: { host: '10.42.0.5', port: 8080 },
    });
    manager.accept(server, {
      connectionId: id,
      remoteAddress: server.remoteAddress,
      remotePort: server.remotePort,
      localAddress: server.localAddress,
      localPort: server.localPort,
      tls: undefined,
      listener: { name: 'ingress', version: '1' },
      ...options.downstream,
    });
    return client;
  };

  return {
    context,
    manager,
    connect,
    call: (call = {}) => sendCall(connect(), call),
    [Symbol.dispose]() {
      void manager.close();
      context[Symbol.dispose]();
    },
  };
}

async function sendCall(
  connection: Connection,
  { method = 'GET', path = '/', headers = [], body }: Call,
): Promise<Answered> {
  const withHost = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
    ? headers
    : ['host', 'example.com', ...headers];
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = () => connection;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = sendRequest(
      { method, path, agent, setHost: false, headers: withHost as unknown as string[] },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
  const content = await buffer(response);
  connection.destroy();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: content.toString(),
  };
}

/** The TLS facts of a caller inside the mesh, those of seed 000. */
export const MESH_TLS: DownstreamTls = {
  sni: undefined,
  alpn: undefined,
  localUriSans: ['spiffe://cluster.local/ns/default/sa/httpbin'],
  peer: {
    hash: '4d6f495c07d35b84987331dd0432ccad666f94d5a59d0d9cfb328d7f3dfbd9b2',
    subject: '',
    uriSans: ['spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account'],
    dnsSans: [],
    pem: '',
    chainPem: '',
  },
};
