import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { Connection } from '#core/connection.ts';
import { systemCodeOf } from '#core/errors.ts';
import { createHttp1Server } from '#core/http.ts';
import { findSecureContext } from '#core/secure-context.ts';
import { acceptTls } from '../accept-tls.ts';
import { formatHttpDate } from '../http-date.ts';
import { readBody } from '../read-body.ts';
import { checkRequest, MAX_HEADERS } from './check-request.ts';
import { createErrorPage, reasonPhraseOf } from './error-page.ts';
import { IdleTimeout } from './idle-timeout.ts';
import { FunctionTarget } from './function-target.ts';
import { reject, type Rejection } from './rejection.ts';
import type { TargetAnswer } from './target-answer.ts';
import type { ClientConnection } from './target-event.ts';
import type { LoadBalancerContext, LoadBalancerOptions } from './types.ts';

interface Client extends ClientConnection {
  readonly idle: IdleTimeout;
}

const DEFAULT_IDLE_MS = 60_000;
const MAX_BODY_BYTES = 1_048_576;
/** The parser stops later than the rules of `check-request.ts`, so that they decide the answer. */
const PARSER_HEADER_BYTES = 2 * MAX_HEADERS;
const SERVER = 'awselb/2.0';
/** Logged for a client that left before it was answered; it never sees it. */
const CLIENT_CLOSED = 460;

/** An application load balancer whose target is a Lambda function (aws.md 7). Connections come through {@link accept}. */
export class LoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #context: LoadBalancerContext;
  readonly #target: FunctionTarget;
  readonly #server: Server;
  /** By the stream that carries HTTP: a TLS stream in memory knows neither its peer nor its port. */
  readonly #clients = new WeakMap<object, Client>();
  readonly #connections = new Set<Connection>();
  #secureContext: SecureContext | undefined;

  constructor(options: LoadBalancerOptions, context: LoadBalancerContext) {
    this.#options = options;
    this.#context = context;
    this.#target = new FunctionTarget(options, context);
    const limits = { maxHeaderSize: PARSER_HEADER_BYTES, requireHostHeader: false };
    this.#server = createHttp1Server((request, response) => this.#onRequest(request, response), limits);
    this.#server.on('clientError', (error: Error, stream: Duplex) => this.#onGarbage(error, stream));
  }

  /** @param options.tls the connection reached a TLS listener; needs an identity */
  accept(connection: Connection, { tls = false }: { readonly tls?: boolean } = {}): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    if (!tls) {
      this.#serve(connection, connection, 'http');
      return;
    }
    acceptTls(connection, this.#getSecureContext(), {
      onSecure: (secured) => this.#serve(secured, connection, 'https'),
      onError: (error) => this.#reportFailure(error),
    });
  }

  /** Ends every connection, answered or not. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #getSecureContext(): SecureContext {
    const { identity } = this.#options;
    if (identity === undefined) throw new TypeError('accepting TLS needs an identity');
    return (this.#secureContext ??= findSecureContext({ cert: identity.chainPem, key: identity.privateKeyPem }));
  }

  #serve(stream: Duplex, connection: Connection, protocol: ClientConnection['protocol']): void {
    const idle = new IdleTimeout(this.#context.clock, this.#options.idleTimeoutMs ?? DEFAULT_IDLE_MS, connection);
    this.#clients.set(stream, { address: connection.remoteAddress, port: connection.localPort, protocol, idle });
    this.#server.emit('connection', stream);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const client = this.#clients.get(request.socket);
    if (client === undefined) throw new TypeError('a request came by a connection that was never accepted');
    client.idle.stop();
    response.once('finish', () => client.idle.start());
    const traceRoot = this.#target.createTraceRoot();
    const received = {
      method: request.method ?? '',
      target: request.url ?? '',
      httpVersion: request.httpVersion === '1.0' ? ('1.0' as const) : ('1.1' as const),
      headers: request.rawHeaders,
    };
    response.once('close', () => {
      if (!response.writableEnded) this.#log(traceRoot, { status: CLIENT_CLOSED });
    });
    const refuse = (rejection: Rejection) => {
      this.#log(traceRoot, rejection);
      this.#refuse(response, rejection);
    };
    const rejection = checkRequest(received);
    readBody(request, MAX_BODY_BYTES, (body) => {
      if (rejection !== undefined) return refuse(rejection);
      if (body === undefined) return refuse(reject('LambdaRequestTooLarge'));
      this.#target.call({ ...received, body }, { client, traceRoot }, (answer) => {
        if (response.destroyed) return;
        if (!('body' in answer)) return refuse(answer);
        this.#log(traceRoot, { status: answer.status });
        this.#answer(response, answer);
      });
    });
  }

  #answer(response: ServerResponse, { status, reasonPhrase, headers, body }: TargetAnswer): void {
    const length = ['Content-Length', String(body.length)];
    this.#writeHead(response, { status, reasonPhrase: reasonPhrase ?? '', headers: [...headers, ...length] });
    response.end(body);
  }

  #refuse(response: ServerResponse, { status }: Rejection): void {
    if (response.destroyed) return;
    const page = createErrorPage(status);
    const headers = ['Content-Type', 'text/html', 'Content-Length', String(page.length)];
    this.#writeHead(response, { status, reasonPhrase: reasonPhraseOf(status), headers });
    response.end(page);
  }

  #writeHead(
    response: ServerResponse,
    head: { readonly status: number; readonly reasonPhrase: string; readonly headers: readonly string[] },
  ): void {
    response.sendDate = false;
    const names = new Set(head.headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
    const own = [
      ...(names.has('server') ? [] : ['Server', SERVER]),
      ...(names.has('date') ? [] : ['Date', formatHttpDate(this.#context.clock.now())]),
    ];
    const connection = ['Connection', response.shouldKeepAlive ? 'keep-alive' : 'close'];
    response.writeHead(head.status, head.reasonPhrase, [...own, ...head.headers, ...connection]);
  }

  /** Bytes that are no HTTP: that connection ends with an error page. */
  #onGarbage(error: Error, stream: Duplex): void {
    this.#reportFailure(error);
    const code = systemCodeOf(error);
    if (!stream.writable || code === 'ECONNRESET') {
      stream.destroy();
      return;
    }
    const status = code === 'HPE_INVALID_TRANSFER_ENCODING' ? 501 : 400;
    const page = createErrorPage(status);
    const head = [
      `HTTP/1.1 ${status} ${reasonPhraseOf(status)}`,
      `Server: ${SERVER}`,
      `Date: ${formatHttpDate(this.#context.clock.now())}`,
      'Content-Type: text/html',
      `Content-Length: ${page.length}`,
      'Connection: close',
    ];
    stream.end(`${head.join('\r\n')}\r\n\r\n${page}`);
  }

  /** The access log, on the timeline. */
  #log(traceRoot: string, { status, reason }: Rejection): void {
    this.#context.timeline.emit({
      type: 'aws-answered',
      source: 'mock-aws',
      service: 'elasticloadbalancing',
      operation: this.#options.name,
      awsRequestId: traceRoot,
      status,
      ...(reason !== undefined && { code: reason }),
    });
  }

  #reportFailure(error: Error): void {
    const reason = systemCodeOf(error) ?? error.message;
    const { name: to } = this.#options;
    this.#context.timeline.emit({ type: 'connection', source: 'mock-aws', phase: 'failed', to, reason });
  }
}
