import type { Readable } from 'node:stream';
import { messageOf } from '#core/errors.ts';
import type { ProxyContext } from '../context.ts';
import type { ResponseHandler } from '../filters/filter.ts';
import { passBack, runFilters } from '../filters/run-filters.ts';
import type { Answer } from '../filters/types.ts';
import { ActiveStream } from './active-stream.ts';
import type { DownstreamStream } from './codec.ts';
import { formatHeaders } from './format-headers.ts';
import { speakGrpc } from './grpc-reply.ts';
import type { HeaderMap } from './header-map.ts';
import { IdleTimer } from './idle-timer.ts';
import { PAYLOAD_TOO_LARGE, RESPONSE_TOO_LARGE, type LocalReply } from './local-reply.ts';
import type { ManagerConfig } from './manager-config.ts';
import { prepareRequest } from './prepare-request.ts';
import { BodyTooLargeError } from './read-body.ts';
import { createLocalResponse, createUpstreamResponse, type ResponseInProgress } from './response-in-progress.ts';
import { mutateResponseHeaders } from './response-mutation.ts';

/** Takes one request through the stages of a connection manager: headers, route, filters, router, and back. */
export class RequestLife {
  readonly #stream: DownstreamStream;
  readonly #config: ManagerConfig;
  readonly #context: ProxyContext;
  readonly #active: ActiveStream;
  #idle: IdleTimer | undefined;
  #isAnswered = false;
  #answerBody: Readable | undefined;
  #answerHeaders: HeaderMap | undefined;

  constructor(stream: DownstreamStream, config: ManagerConfig, context: ProxyContext) {
    this.#stream = stream;
    this.#config = config;
    this.#context = context;
    const { http1, http2 } = config.bodyLimitBytes;
    this.#active = new ActiveStream(stream, stream.received.httpVersion === '2' ? http2 : http1, context);
  }

  /** Never rejects: what goes wrong ends the stream. */
  async run(): Promise<void> {
    this.#config.stats.requests.value++;
    this.#stream.onClosed((isComplete) => this.#onClosed(isComplete));
    this.#logRequest();
    try {
      const refusal = prepareRequest(this.#active, this.#config, this.#context);
      // Envoy ends the connection of a request that it cannot take.
      if (refusal?.status === 400 || refusal?.status === 403) this.#stream.closeWhenAnswered();
      this.#startTimers();
      const handlers: ResponseHandler[] = [];
      const answering = refusal ?? runFilters(this.#active, this.#config.filterChain, handlers);
      const answer = answering instanceof Promise ? await answering : answering;
      const responding = this.#respond(answer, handlers);
      if (responding instanceof Promise) await responding;
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #logRequest(): void {
    const { log } = this.#context;
    if (!log.isEnabled('debug', 'http')) return;
    const { logPrefix, headers } = this.#active;
    const { body } = this.#stream;
    log.debug(
      'http',
      `${logPrefix} request headers complete (end_stream=${body === undefined}):\n${formatHeaders(headers)}`,
    );
    this.#active.body.whenComplete(() => log.debug('http', `${logPrefix} request end stream`));
  }

  #startTimers(): void {
    const { route } = this.#active;
    const routeIdleMs = route?.action.kind === 'forward' ? route.action.idleTimeoutMs : undefined;
    const idleMs = routeIdleMs ?? this.#config.streamIdleTimeoutMs;
    if (idleMs > 0) {
      this.#idle = new IdleTimer(this.#context.clock, idleMs, () => this.#onIdle());
    }
    this.#stream.onReceived((bytes) => {
      this.#active.bytesReceived += bytes;
      this.#idle?.touch();
    });
    this.#limitRequest();
  }

  /** `request_timeout`: the whole request has to arrive in time. */
  #limitRequest(): void {
    const { body } = this.#stream;
    if (this.#config.requestTimeoutMs <= 0 || body === undefined || Buffer.isBuffer(body)) return;
    const timer = this.#context.clock.setTimer(this.#config.requestTimeoutMs, () => {
      this.#interrupt({ status: 408, body: 'request timeout', details: 'request_overall_timeout', flag: 'DT' });
    });
    body.once('close', () => timer.cancel());
    body.once('end', () => timer.cancel());
  }

  #onIdle(): void {
    const { body } = this.#stream;
    const isArriving = body !== undefined && !Buffer.isBuffer(body) && !body.readableEnded;
    const status = isArriving ? 408 : this.#context.dialect.http.idleAfterRequestStatus;
    this.#interrupt({ status, body: 'stream timeout', details: 'stream_idle_timeout', flag: 'SI' });
  }

  /** Answers in place of whatever was going to, or breaks off an answer that has begun. */
  #interrupt(reply: LocalReply): void {
    if (this.#isAnswered) return this.#stream.reset();
    this.#send(this.#createLocalResponse(reply));
    this.#active.abort();
  }

  #respond(answer: Answer, handlers: readonly ResponseHandler[]): void | Promise<void> {
    const response = this.#createResponse(answer);
    let handling: void | Promise<void>;
    try {
      handling = passBack(response, handlers);
    } catch (error) {
      return this.#refuseAnswer(error);
    }
    if (!(handling instanceof Promise)) return this.#send(response);
    return handling.then(
      () => this.#send(response),
      (error: unknown) => this.#refuseAnswer(error),
    );
  }

  #createResponse(answer: Answer): ResponseInProgress {
    if (!('kind' in answer)) return this.#createLocalResponse(answer);
    this.#active.details = 'via_upstream';
    return createUpstreamResponse(answer, this.#active);
  }

  #refuseAnswer(error: unknown): void {
    if (!(error instanceof BodyTooLargeError)) throw error;
    this.#send(this.#createLocalResponse(RESPONSE_TOO_LARGE));
  }

  #createLocalResponse(given: LocalReply): ResponseInProgress {
    const { log } = this.#context;
    if (log.isEnabled('debug', 'http'))
      log.debug('http', `${this.#active.logPrefix} Sending local reply with details ${given.details}`);
    if (given.flag !== undefined) this.#active.addFlag(given.flag);
    this.#active.details = given.details;
    // The rest of such a body is not read.
    if (given === PAYLOAD_TOO_LARGE) this.#stream.closeWhenAnswered();
    const mapped = this.#config.mapLocalReply?.(given, this.#active) ?? given;
    const reply = speakGrpc(mapped, this.#active.headers);
    this.#active.noteAnsweredLocally(mapped.status, mapped.details);
    return createLocalResponse(reply);
  }

  #send({ headers, body, trailers }: ResponseInProgress): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const { log, clock } = this.#context;
    mutateResponseHeaders(headers, this.#config.response, {
      requestId: this.#active.headers.get('x-request-id'),
      now: clock.now(),
    });
    if (log.isEnabled('debug', 'http')) {
      log.debug(
        'http',
        `${this.#active.logPrefix} encoding headers via codec (end_stream=${body === undefined}):\n${formatHeaders(headers)}`,
      );
    }
    this.#active.noteAnswered(headers);
    this.#answerHeaders = headers;
    this.#config.stats.countStatus(Number(headers.get(':status')));
    if (Buffer.isBuffer(body)) this.#active.bytesSent = body.length;
    else if (body !== undefined) this.#watchAnswer(body);
    this.#stream.respond({ headers, body, trailers });
  }

  #watchAnswer(body: Readable): void {
    this.#answerBody = body;
    const idle = this.#idle;
    idle?.touch();
    body.on('data', (chunk: Buffer) => {
      this.#active.bytesSent += chunk.length;
      idle?.touch();
    });
  }

  #onClosed(isComplete: boolean): void {
    this.#idle?.stop();
    if (!isComplete) {
      this.#active.addFlag('DC');
      this.#active.abort();
      this.#answerBody?.destroy();
    }
    this.#logAccess();
  }

  #logAccess(): void {
    const { accessLog } = this.#config;
    if (accessLog === undefined) return;
    this.#active.conclude(this.#answerHeaders);
    accessLog(this.#active);
  }

  /** A caller who has gone, or has his answer, needs nothing more; anyone else sees the stream break. */
  #giveUp(error: unknown): void {
    if (this.#active.isGone || this.#isAnswered) return;
    this.#context.log.debug('http', `${this.#active.logPrefix} stream reset: ${messageOf(error)}`);
    this.#stream.reset();
  }
}
