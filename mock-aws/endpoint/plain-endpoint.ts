import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import { createHttp1Server } from '#core/http.ts';
import type { RawHeaders, RequestHead } from '#core/http-message.ts';
import type { Timeline } from '#core/timeline.ts';
import { formatHttpDate } from '../http-date.ts';
import type { RequestIds } from '../request-ids.ts';
import type { EndpointFailure, FailureWindow } from './endpoint-failure.ts';
import { FailureSchedule } from './failure-schedule.ts';

/** What an endpoint without signatures answers. */
export interface PlainAnswer {
  /** For the timeline: `GetCredentials`. */
  readonly operation: string;
  readonly status: number;
  readonly contentType: string;
  readonly headers?: RawHeaders;
  readonly body: string;
}

export interface PlainRequest extends RequestHead {
  /** The credentials that are answered shall be over. */
  readonly wantsExpired: boolean;
}

export interface PlainEndpointOptions {
  /** `metadata`; for the timeline. */
  readonly name: string;
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly requestIds: RequestIds;
  readonly answer: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>;
  /** The endpoint's own words for a status that a failure asks for. */
  readonly describeStatus: (status: number) => Pick<PlainAnswer, 'contentType' | 'body'>;
}

/** An HTTP endpoint that link-local addresses lead to: no TLS, no signatures, failures on demand. */
export class PlainEndpoint {
  readonly #options: PlainEndpointOptions;
  readonly #server: Server;
  readonly #failures: FailureSchedule;
  readonly #connections = new Set<Connection>();

  constructor(options: PlainEndpointOptions) {
    this.#options = options;
    this.#failures = new FailureSchedule(options.name, options.timeline);
    this.#server = createHttp1Server((request, response) => this.serve(request, response));
    this.#server.on('clientError', (_error, connection) => connection.destroy());
  }

  accept(connection: Connection): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    connection.on('error', () => connection.destroy());
    this.#server.emit('connection', connection);
  }

  fail(failure: EndpointFailure, window?: FailureWindow): Disposable {
    return this.#failures.plan(failure, window);
  }

  /** Ends every connection, answered or not. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Answers one request; for listeners that several endpoints share. */
  serve(message: IncomingMessage, response: ServerResponse): void {
    // Nothing here takes a body; what comes is read and dropped.
    message.resume();
    const { method = '', url: target = '', rawHeaders: headers } = message;
    const request: RequestHead = { method, target, httpVersion: '1.1', headers };
    const failure = this.#failures.next(request);
    if (failure?.kind === 'silent' || failure?.kind === 'reset') {
      this.#ignore(failure.kind, response);
      return;
    }
    this.#answer(request, failure).then(
      (answer) => this.#respond(response, answer),
      (error: unknown) => this.#fail(response, error),
    );
  }

  async #answer(request: RequestHead, failure: EndpointFailure | undefined): Promise<PlainAnswer> {
    const { clock, answer, describeStatus } = this.#options;
    if (failure?.kind === 'slow') await clock.sleep(failure.delayMs);
    const right = await answer({ ...request, wantsExpired: failure?.kind === 'expired' });
    if (failure?.kind === 'status') {
      const { status, body } = failure;
      const own = describeStatus(status);
      return { operation: right.operation, status, contentType: own.contentType, body: body ?? own.body };
    }
    if (failure?.kind !== 'malformed') return right;
    return { ...right, status: 200, body: failure.body ?? right.body.slice(0, right.body.length / 2) };
  }

  #respond(response: ServerResponse, { operation, status, contentType, headers = [], body }: PlainAnswer): void {
    const { name: service, clock, timeline, requestIds } = this.#options;
    const awsRequestId = requestIds.next();
    timeline.emit({ type: 'aws-answered', source: 'mock-aws', service, operation, awsRequestId, status });
    if (response.destroyed) return;
    response.sendDate = false;
    const length = String(Buffer.byteLength(body));
    const common = ['Content-Type', contentType, 'Content-Length', length, 'Date', formatHttpDate(clock.now())];
    response.writeHead(status, [...common, ...headers]);
    response.end(body);
  }

  #ignore(kind: 'silent' | 'reset', response: ServerResponse): void {
    const { name: to, timeline } = this.#options;
    const [phase, reason] =
      kind === 'reset' ? (['reset', 'reset on purpose'] as const) : (['failed', 'no answer'] as const);
    timeline.emit({ type: 'connection', source: 'mock-aws', phase, to, reason });
    if (kind === 'silent') return;
    const socket: unknown = response.socket;
    if (isConnection(socket)) socket.reset();
    else response.destroy();
  }

  #fail(response: ServerResponse, error: unknown): void {
    const { name: component, timeline } = this.#options;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    timeline.emit({ type: 'log', source: 'mock-aws', level: 'error', component, text });
    response.destroy();
  }
}

function isConnection(socket: unknown): socket is Connection {
  return typeof socket === 'object' && socket !== null && 'reset' in socket;
}
