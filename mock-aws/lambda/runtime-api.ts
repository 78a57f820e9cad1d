import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Instant } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import { createHttp1Server } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import { formatAddress } from '#core/address.ts';
import { readBody } from '../read-body.ts';
import type { Invocation } from './invocation.ts';

/** What a runtime told about itself, in the order it told it. */
export interface RuntimeListener {
  /** The runtime asks for an event: start-up is over, or the last run is. */
  onReady(): void;
  onResult(payload: Buffer): void;
  onError(payload: Buffer): void;
  onInitError(payload: Buffer): void;
}

/** When a run starts and when it must be over, on the scenario's clock. */
interface RunTime {
  readonly now: Instant;
  readonly deadline: Instant;
}

/** The Lambda Runtime API (aws.md 2.10) for one execution environment, on a loopback port of its own. */
export interface RuntimeApi {
  /** `host:port`, the value of `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Answers the runtime's waiting poll, or its next one. */
  deliver(invocation: Invocation, time: RunTime): void;
  close(): Promise<void>;
}

const BASE = '/2018-06-01/runtime';
const MAX_RESPONSE_BYTES = 6_291_556;
const NO_BODY = Buffer.alloc(0);

export async function startRuntimeApi(network: Network, listener: RuntimeListener): Promise<RuntimeApi> {
  const session = new RuntimeSession(listener);
  const server = createHttp1Server((request, response) => session.handle(request, response));
  const connections = new Set<Connection>();
  const bound = await network.listen('lambda', { host: '127.0.0.1', port: 0 }, (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    server.emit('connection', connection);
  });
  return {
    address: formatAddress(bound.address),
    deliver: (invocation, time) => session.deliver(invocation, time),
    async close() {
      await bound.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

class RuntimeSession {
  readonly #listener: RuntimeListener;
  #poll: ServerResponse | undefined;
  #waiting: (() => void) | undefined;
  #currentId: string | undefined;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    readBody(request, Infinity, (body = NO_BODY) => {
      this.#dispatch(`${request.method} ${request.url}`, body, response);
    });
  }

  deliver(invocation: Invocation, time: RunTime): void {
    this.#currentId = invocation.requestId;
    this.#waiting = () => this.#answerPoll(invocation, time);
    if (this.#poll !== undefined) this.#waiting();
  }

  #dispatch(call: string, body: Buffer, response: ServerResponse): void {
    if (call === `GET ${BASE}/invocation/next`) this.#onPoll(response);
    else if (call === 'GET /ping') response.end('pong');
    else if (call === `POST ${BASE}/init/error`) this.#accept(response, () => this.#listener.onInitError(body));
    else if (call.startsWith(`POST ${BASE}/invocation/`)) this.#onEnd(call, body, response);
    else response.writeHead(404).end();
  }

  #onPoll(response: ServerResponse): void {
    this.#poll = response;
    this.#listener.onReady();
    this.#waiting?.();
  }

  #onEnd(call: string, body: Buffer, response: ServerResponse): void {
    const [requestId, part] = call.slice(`POST ${BASE}/invocation/`.length).split('/');
    if (this.#currentId === undefined || requestId !== this.#currentId) {
      refuse(response, 400, { errorMessage: 'Invalid request ID', errorType: 'InvalidRequestID' });
    } else if (body.length > MAX_RESPONSE_BYTES) {
      const errorMessage = `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
      this.#finish(() => this.#listener.onResult(body));
      refuse(response, 413, { errorMessage, errorType: 'RequestEntityTooLarge' });
    } else {
      const report = part === 'error' ? () => this.#listener.onError(body) : () => this.#listener.onResult(body);
      this.#accept(response, () => this.#finish(report));
    }
  }

  #finish(report: () => void): void {
    this.#currentId = undefined;
    report();
  }

  #accept(response: ServerResponse, report: () => void): void {
    response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}\n');
    report();
  }

  #answerPoll(invocation: Invocation, time: RunTime): void {
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
      'Lambda-Runtime-Deadline-Ms': time.deadline,
      'Meshrig-Now-Ms': time.now,
      'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
      'Lambda-Runtime-Trace-Id': invocation.traceId,
    };
    if (invocation.clientContext !== undefined) {
      headers['Lambda-Runtime-Client-Context'] = JSON.stringify(invocation.clientContext);
    }
    this.#poll?.writeHead(200, headers).end(invocation.payload);
    this.#poll = undefined;
    this.#waiting = undefined;
  }
}

function refuse(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
