import type { ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import type { AwsAnswer, ServiceName } from './aws-call.ts';
import type { EdgePolicy } from './edge/types.ts';
import type { IncomingRequest } from './exchange.ts';
import { formatHttpDate } from './http-date.ts';
import type { ReceivedRequest } from './sigv4/types.ts';

export interface HttpIncomingParts {
  readonly service: ServiceName;
  readonly request: ReceivedRequest;
  readonly edge: EdgePolicy;
  readonly response: ServerResponse;
  readonly clock: Clock;
  /** What carries the request, under TLS if there is any. */
  readonly connection: Connection | undefined;
}

/** A request that came by HTTP, and the way to answer it. */
export class HttpIncoming implements IncomingRequest {
  readonly service: ServiceName;
  readonly request: ReceivedRequest;
  readonly edge: EdgePolicy;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #connection: Connection | undefined;

  constructor({ service, request, edge, response, clock, connection }: HttpIncomingParts) {
    this.service = service;
    this.request = request;
    this.edge = edge;
    this.#response = response;
    this.#clock = clock;
    this.#connection = connection;
  }

  /** A body that is text goes out with the head in one write, which a `Buffer` does not. */
  respond({ status, headers, body }: AwsAnswer): void {
    const response = this.#response;
    if (response.destroyed) return;
    const connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
    response.sendDate = false;
    const date = formatHttpDate(this.#clock.now());
    response.writeHead(status, ['Date', date, 'Connection', connection, ...headers]);
    response.end(body);
  }

  reset(): void {
    this.#connection?.reset();
  }

  onAbandoned(callback: () => void): void {
    const response = this.#response;
    response.once('close', () => {
      if (!response.writableEnded) callback();
    });
  }
}
