import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { SecureContext } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Identity } from '#core/certificates.ts';
import type { Connection } from '#core/connection.ts';
import { systemCodeOf } from '#core/errors.ts';
import { createHttp1Server } from '#core/http.ts';
import { findSecureContext } from '#core/secure-context.ts';
import { acceptTls } from './accept-tls.ts';
import type { ServiceName } from './aws-call.ts';
import type { EdgePolicy } from './edge/types.ts';
import { ENDPOINT_RULES } from './endpoint-rules.ts';
import type { PlainEndpoint } from './endpoint/plain-endpoint.ts';
import { findService } from './find-service.ts';
import { readBody } from './read-body.ts';
import { Exchange, type ExchangeContext, type IncomingRequest } from './exchange.ts';
import { HttpIncoming } from './http-incoming.ts';
import type { ReceivedRequest } from './sigv4/types.ts';

export interface ServiceListenerOptions {
  /** Undefined serves all: each request's service is found in the request. */
  readonly service: ServiceName | undefined;
  readonly hostPolicy: EdgePolicy['hostPolicy'];
  /** Needed to accept TLS. */
  readonly identity: Identity | undefined;
  readonly context: ExchangeContext;
  /** Finds the endpoint without signatures that a target belongs to, on a listener that serves all. */
  readonly findPlainEndpoint?: (target: string) => PlainEndpoint | undefined;
}

const MAX_BODY_BYTES = Math.max(...Object.values(ENDPOINT_RULES).map((rules) => rules.maxBodyBytes));

/** The HTTP side of one endpoint: connections in, raw requests to the pipeline, answers out. */
export class ServiceListener {
  readonly #options: ServiceListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** The connection under each stream that carries HTTP: a TLS stream in memory does not know its port. */
  readonly #origins = new WeakMap<object, Connection>();
  #secureContext: SecureContext | undefined;

  constructor(options: ServiceListenerOptions) {
    this.#options = options;
    this.#server = createHttp1Server((request, response) => this.#onRequest(request, response));
    this.#server.on('clientError', (error: Error, connection: Duplex) => this.#onGarbage(error, connection));
  }

  accept(connection: Connection, { tls }: { readonly tls: boolean }): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    if (tls) this.#acceptTls(connection);
    else this.#serve(connection, connection);
  }

  /** Ends every connection, answered or not. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #acceptTls(connection: Connection): void {
    const { identity } = this.#options;
    if (identity === undefined) throw new TypeError('accepting TLS needs an identity');
    this.#secureContext ??= findSecureContext({ cert: identity.chainPem, key: identity.privateKeyPem });
    acceptTls(connection, this.#secureContext, {
      onSecure: (secured) => this.#serve(secured, connection),
      onError: (error) => this.#reportFailure(error),
    });
  }

  #serve(stream: Duplex, connection: Connection): void {
    this.#origins.set(stream, connection);
    this.#server.emit('connection', stream);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const plain = this.#options.findPlainEndpoint?.(request.url ?? '');
    if (plain !== undefined) {
      plain.serve(request, response);
      return;
    }
    readBody(request, MAX_BODY_BYTES, (body) => {
      const incoming = this.#createIncoming(request, response, body);
      const exchange = new Exchange(this.#options.context, incoming);
      const limitBytes = ENDPOINT_RULES[incoming.service].maxBodyBytes;
      if (body === undefined || body.length > limitBytes) exchange.refuseTooLarge();
      else exchange.run();
    });
  }

  #createIncoming(request: IncomingMessage, response: ServerResponse, body: Buffer = NO_BODY): IncomingRequest {
    const received: ReceivedRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      httpVersion: request.httpVersion === '1.0' ? '1.0' : '1.1',
      headers: request.rawHeaders,
      body,
    };
    const service = this.#options.service ?? findService(received, body);
    const connection = this.#origins.get(request.socket);
    const edge = this.#createEdge(service, connection?.localPort);
    const { clock } = this.#options.context;
    return new HttpIncoming({ service, request: received, edge, response, clock, connection });
  }

  #createEdge(service: ServiceName, ownPort: number | undefined): EdgePolicy {
    const { hostPolicy } = this.#options;
    return ownPort === undefined
      ? { service, hostPolicy, frontEnd: 'warn' }
      : { service, hostPolicy, frontEnd: 'warn', ownPort };
  }

  /** Bytes that are no HTTP: the connection ends, everything else goes on. */
  #onGarbage(error: Error, connection: Duplex): void {
    this.#reportFailure(error);
    if (connection.writable && systemCodeOf(error) !== 'ECONNRESET') connection.end(BAD_REQUEST);
    else connection.destroy();
  }

  #reportFailure(error: Error): void {
    const { service = 'aws', context } = this.#options;
    const reason = systemCodeOf(error) ?? error.message;
    context.timeline.emit({ type: 'connection', source: 'mock-aws', phase: 'failed', to: service, reason });
  }
}

const NO_BODY = Buffer.alloc(0);
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
