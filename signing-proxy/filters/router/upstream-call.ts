import type { Readable } from 'node:stream';
import type { Timer } from '#core/clock.ts';
import { formatAddress, type Address } from '#core/address.ts';
import type { ProxyContext } from '../../context.ts';
import { CallerGoneError } from '../../http/caller-gone-error.ts';
import { formatHeaders } from '../../http/format-headers.ts';
import { BodyTooLargeError } from '../../http/read-body.ts';
import type { HashInput } from '../../routing/hash-policy.ts';
import type { MirrorPolicy } from '../../routing/mirror-policy.ts';
import type { RetryPolicy } from '../../routing/retry-policy.ts';
import type { ForwardAction } from '../../routing/types.ts';
import { Abandonment, type AbandonSignal } from '../../upstreams/abandonment.ts';
import type { UpstreamAttempt, UpstreamCluster, UpstreamResponse } from '../../upstreams/types.ts';
import { UpstreamError } from '../../upstreams/upstream-error.ts';
import type { Answer, Exchange } from '../types.ts';
import type { UpstreamFilters } from '../filter.ts';
import { FilteredAttempt, FilterReplyError } from './filtered-attempt.ts';
import { mirrorRequest } from './mirror-request.ts';
import { announceTimeout, chooseTimeouts, type RequestTimeouts } from './request-timeouts.ts';
import { mergeRetryPolicy, RetryState, type AttemptOutcome } from './retry-state.ts';
import { replyToReset, replyToTimeout } from './upstream-replies.ts';
import { finalizeRequest, removeRouterHeaders, replaceHost } from './upstream-headers.ts';

export interface RouterOptions {
  /** Whether `x-envoy-*` headers are added to requests and responses. */
  readonly addsEnvoyHeaders: boolean;
  /** What attempts pass where their cluster says nothing; undefined for nothing. */
  readonly upstreamFilters: UpstreamFilters | undefined;
}

export interface CallTarget {
  readonly action: ForwardAction;
  readonly cluster: UpstreamCluster;
  readonly options: RouterOptions;
}

/** Why an attempt was given up from this side; travels as the reason of its abort signal. */
class RequestTimeoutError extends Error {
  readonly scope: 'global' | 'per-try';

  constructor(scope: 'global' | 'per-try') {
    super(scope === 'global' ? 'upstream request timeout' : 'upstream per try timeout');
    this.name = 'RequestTimeoutError';
    this.scope = scope;
  }
}

/** One request on its way to a cluster: every attempt, its limits in time, and what comes of them. */
export class UpstreamCall {
  readonly #exchange: Exchange;
  readonly #target: CallTarget;
  readonly #context: ProxyContext;
  readonly #timeouts: RequestTimeouts;
  readonly #retries: RetryState;
  readonly #usesAlternativeTimeout: boolean;
  readonly #retryPolicy: RetryPolicy;
  readonly #filters: UpstreamFilters | undefined;
  readonly #previousHosts: Address[] = [];
  #hash: bigint | undefined;
  readonly #cookies: string[] = [];
  #attempts = 0;
  #current: Abandonment | undefined;
  #globalTimer: Timer | undefined;
  #perTryTimer: Timer | undefined;
  #isGlobalTimeoutOver = false;
  #isGone = false;
  #requestEndedAt: number | undefined;
  #response: Readable | undefined;
  /** The retry under way, as the circuit breaker counts it. */
  #retry: Disposable | undefined;

  constructor(exchange: Exchange, target: CallTarget, context: ProxyContext) {
    const { headers } = exchange;
    const policy = mergeRetryPolicy(target.action.retryPolicy, headers);
    this.#exchange = exchange;
    this.#target = target;
    this.#context = context;
    this.#timeouts = chooseTimeouts(target.action, policy.perTryTimeoutMs, headers);
    this.#retries = new RetryState(policy, context.dialect.http);
    this.#usesAlternativeTimeout = headers.has('x-envoy-upstream-rq-timeout-alt-response');
    this.#retryPolicy = policy;
    this.#filters = target.cluster.filters ?? target.options.upstreamFilters;
  }

  run(): Promise<Answer> {
    this.#prepareRequest();
    const isKept = this.#retries.isEnabled || this.#target.action.mirrors.length > 0;
    const holding = isKept ? this.#holdBody() : undefined;
    return holding === undefined ? this.#start() : holding.then(() => this.#start());
  }

  #start(): Promise<Answer> {
    this.#mirror(this.#target.action.mirrors);
    this.#exchange.body.whenComplete(() => this.#startGlobalTimer());
    this.#exchange.whenGone(() => {
      this.#isGone = true;
      this.#current?.abort(new CallerGoneError());
    });
    return this.#tryUntilDone();
  }

  #prepareRequest(): void {
    const { headers, route } = this.#exchange;
    const { addsEnvoyHeaders } = this.#target.options;
    removeRouterHeaders(this.#exchange);
    if (addsEnvoyHeaders) announceTimeout(headers, this.#timeouts, 0);
    if (route?.includesAttemptCount.inRequest === true) headers.set('x-envoy-attempt-count', '1');
    finalizeRequest(this.#exchange, this.#target.action, {
      addsEnvoyHeaders,
      tellsOriginalHost: this.#tellsOriginalHost,
    });
    this.#hash = this.#target.action.hash?.(this.#describeForHash());
    this.#log(() => `router decoding headers:\n${formatHeaders(headers)}`);
  }

  #describeForHash(): HashInput {
    const { headers, downstream, remoteAddress } = this.#exchange;
    return {
      headers,
      remoteAddress,
      remoteEnd: formatAddress({ host: downstream.remoteAddress, port: downstream.remotePort }),
      localEnd: formatAddress({ host: downstream.localAddress, port: downstream.localPort }),
      setCookie: (value) => this.#cookies.push(value),
    };
  }

  /** Copies leave when the request has arrived; one that is too large to be kept has none. */
  #mirror(policies: readonly MirrorPolicy[]): void {
    if (policies.length === 0) return;
    const { headers, body, logPrefix, downstream } = this.#exchange;
    const { content } = body;
    if (content !== undefined && !Buffer.isBuffer(content)) return;
    const request = { headers, body: content, logPrefix, localAddress: downstream.localAddress };
    const limits = { context: this.#context, timeoutMs: this.#timeouts.globalMs };
    for (const policy of policies) mirrorRequest(request, policy, limits);
  }

  #log(describe: () => string): void {
    this.#context.log.debug('router', () => `${this.#exchange.logPrefix} ${describe()}`);
  }

  /** A request that may be sent again is kept in memory; one that is too large for that is sent once. */
  #holdBody(): Promise<unknown> | undefined {
    try {
      const held = this.#exchange.body.read(this.#exchange.route?.bufferLimitBytes);
      return held instanceof Promise ? held.catch(ignoreTooLarge) : undefined;
    } catch (error) {
      return ignoreTooLarge(error);
    }
  }

  async #tryUntilDone(): Promise<Answer> {
    try {
      for (;;) {
        const attempt = await this.#attempt();
        const decision = this.#exchange.body.isHeld ? this.#retries.decide(attempt.outcome) : 'no-retry';
        if (decision === 'exceeded') this.#exchange.addFlag('URX');
        if (decision !== 'retry' || !this.#enterRetry()) return attempt.answer();
        attempt.discard?.();
        const pauseMs = this.#retries.nextBackOffMs(this.#context.random);
        this.#log(() => 'performing retry');
        await this.#pause(pauseMs);
        if (this.#isGlobalTimeoutOver) return this.#replyToTimeout('global');
      }
    } finally {
      this.#retry?.[Symbol.dispose]();
      if (this.#response === undefined) this.#globalTimer?.cancel();
    }
  }

  /** False where the cluster's circuit breaker forbids another try. */
  #enterRetry(): boolean {
    const entry = this.#target.cluster.tryRetry();
    if (entry === undefined) {
      this.#exchange.addFlag('UO');
      return false;
    }
    this.#retry?.[Symbol.dispose]();
    this.#retry = entry;
    return true;
  }

  /** Waits between two attempts; the global timeout or a caller that leaves cuts it short. */
  async #pause(pauseMs: number): Promise<void> {
    if (this.#isGlobalTimeoutOver) return;
    const abort = new AbortController();
    const abandonment = (this.#current = new Abandonment());
    abandonment.addEventListener('abort', () => abort.abort(abandonment.reason));
    try {
      await this.#context.clock.sleep(pauseMs, abort.signal);
    } catch (error) {
      if (!(error instanceof RequestTimeoutError)) throw error;
    }
  }

  async #attempt(): Promise<Attempt> {
    this.#attempts++;
    const abandonment = (this.#current = new Abandonment());
    if (this.#isGone) throw new CallerGoneError();
    this.#exchange.body.whenComplete(() => this.#startPerTryTimer(abandonment));
    try {
      const response = await this.#send(abandonment);
      this.#log(() => 'upstream headers complete: end_stream=false');
      this.#previousHosts.push(response.endpoint);
      this.#exchange.noteUpstream(response.endpoint);
      return {
        outcome: { kind: 'response', headers: response.headers },
        answer: () => this.#accept(response),
        discard: () => discard(response.body),
      };
    } catch (error) {
      return this.#onFailure(error);
    } finally {
      this.#perTryTimer?.cancel();
    }
  }

  /** A later attempt has less time, and its own number. */
  #updateForRetry(): void {
    const { headers, route } = this.#exchange;
    if (route?.includesAttemptCount.inRequest === true) headers.set('x-envoy-attempt-count', String(this.#attempts));
    if (!this.#target.options.addsEnvoyHeaders) return;
    const now = this.#context.clock.now();
    announceTimeout(headers, this.#timeouts, now - (this.#requestEndedAt ?? now));
  }

  #send(signal: AbandonSignal): Promise<UpstreamResponse> {
    if (this.#attempts > 1) this.#updateForRetry();
    if (this.#filters === undefined) return this.#target.cluster.send(this.#createAttempt(signal));
    return this.#sendFiltered(signal, new FilteredAttempt(this.#exchange, this.#filters));
  }

  async #sendFiltered(signal: AbandonSignal, filtered: FilteredAttempt): Promise<UpstreamResponse> {
    return await filtered.receive(await this.#target.cluster.send(this.#createFilteredAttempt(signal, filtered)));
  }

  #createAttempt(signal: AbandonSignal): UpstreamAttempt {
    if (!this.#takesEndpointName) {
      this.#exchange.notePassedOn(this.#target.cluster.name);
      return this.#describeAttempt(signal);
    }
    // What is sent is known only when the endpoint is.
    return this.#describeAttempt(signal, (hostname) => {
      this.#rewriteHost(hostname);
      this.#exchange.notePassedOn(this.#target.cluster.name);
    });
  }

  /**
   * The filters run while a connection is being opened: where there is none yet, `auto_host_rewrite` comes after what they
   * sign. Evidence: measured with 1.36 and 1.40.
   */
  #createFilteredAttempt(signal: AbandonSignal, filtered: FilteredAttempt): UpstreamAttempt {
    return {
      ...this.#describeAttempt(signal),
      get body() {
        return filtered.body.content;
      },
      prepare: async ({ hostname, isConnected }) => {
        if (isConnected && this.#takesEndpointName) this.#rewriteHost(hostname);
        await filtered.prepare(signal);
        if (!isConnected && this.#takesEndpointName) this.#rewriteHost(hostname);
        this.#exchange.notePassedOn(this.#target.cluster.name);
      },
    };
  }

  get #takesEndpointName(): boolean {
    return this.#target.action.hostRewrite?.kind === 'auto';
  }

  #describeAttempt(signal: AbandonSignal, onHostChosen?: UpstreamAttempt['onHostChosen']): UpstreamAttempt {
    const { headers, body, downstream, protocol } = this.#exchange;
    const { avoidsPreviousHosts, maxHostPicks, leavesPriorityAfter } = this.#retryPolicy;
    return {
      headers,
      body: body.content,
      signal,
      previousHosts: avoidsPreviousHosts || leavesPriorityAfter > 0 ? this.#previousHosts : [],
      maxHostPicks: avoidsPreviousHosts ? maxHostPicks : 1,
      leavesPriorityAfter,
      hash: this.#hash,
      originalDestination: { host: downstream.localAddress, port: downstream.localPort },
      downstreamHttpVersion: protocol,
      findTrailers: body.findTrailers,
      onHostChosen,
    };
  }

  /** `auto_host_rewrite`. */
  #rewriteHost(hostname: string): void {
    const { headers } = this.#exchange;
    const { appendsForwardedHost } = this.#target.action;
    if (hostname === '' || hostname === headers.get(':authority')) return;
    replaceHost(headers, hostname, { appendsForwardedHost, tellsOriginalHost: this.#tellsOriginalHost });
  }

  get #tellsOriginalHost(): boolean {
    return this.#target.options.addsEnvoyHeaders && this.#context.dialect.http.tellsOriginalHost;
  }

  #accept({ headers, body, trailers }: UpstreamResponse): Answer {
    if (!Buffer.isBuffer(body)) {
      this.#response = body;
      body.once('close', () => this.#globalTimer?.cancel());
    }
    this.#exchange.responseHeaders = headers;
    const now = this.#context.clock.now();
    if (this.#target.options.addsEnvoyHeaders) {
      headers.set('x-envoy-upstream-service-time', String(Math.floor(now - (this.#requestEndedAt ?? now))));
    }
    for (const [name, value] of this.#attemptCount()) headers.set(name, value);
    for (const cookie of this.#cookies) headers.add('set-cookie', cookie);
    for (const mutate of this.#exchange.route?.responseMutations ?? []) mutate(headers, this.#exchange);
    return { kind: 'upstream', headers, body, trailers };
  }

  #onFailure(error: unknown): Attempt {
    if (error instanceof RequestTimeoutError) {
      const { scope } = error;
      this.#log(() => (scope === 'global' ? 'upstream timeout' : 'upstream per try timeout'));
      const outcome: AttemptOutcome =
        scope === 'global' ? { kind: 'reset', retryKind: 'none' } : { kind: 'per-try-timeout' };
      return { outcome, answer: () => this.#replyToTimeout(scope) };
    }
    if (error instanceof FilterReplyError)
      return { outcome: { kind: 'reset', retryKind: 'none' }, answer: () => error.reply };
    if (!(error instanceof UpstreamError)) throw error;
    if (error.endpoint !== undefined) {
      this.#previousHosts.push(error.endpoint);
      this.#exchange.noteUpstream(error.endpoint, error.transportFailure);
    }
    this.#log(
      () => `upstream reset: reset reason: ${error.reason}, transport failure reason: ${error.transportFailure ?? ''}`,
    );
    return { outcome: { kind: 'reset', retryKind: error.retryKind }, answer: () => this.#replyToReset(error) };
  }

  #replyToReset(error: UpstreamError): Answer {
    const reply = replyToReset(error, {
      isRetry: this.#attempts > 1,
      addsEnvoyHeaders: this.#target.options.addsEnvoyHeaders,
      tellsTransportFailure: this.#context.dialect.failures.tellsCaller,
    });
    return { ...reply, headers: [...(reply.headers ?? []), ...this.#attemptCount()] };
  }

  #replyToTimeout(scope: 'global' | 'per-try'): Answer {
    const reply = replyToTimeout(scope, this.#usesAlternativeTimeout);
    return { ...reply, headers: this.#attemptCount() };
  }

  #attemptCount(): [name: string, value: string][] {
    const isAsked = this.#exchange.route?.includesAttemptCount.inResponse === true;
    return isAsked ? [['x-envoy-attempt-count', String(this.#attempts)]] : [];
  }

  /** Timeouts run from the end of the request, which may still be arriving while it is passed on. */
  #startGlobalTimer(): void {
    this.#requestEndedAt ??= this.#context.clock.now();
    if (this.#timeouts.globalMs <= 0 || this.#globalTimer !== undefined) return;
    this.#globalTimer = this.#context.clock.setTimer(this.#timeouts.globalMs, () => {
      this.#isGlobalTimeoutOver = true;
      // An answer that has begun is broken off; there is no status left to give.
      this.#response?.destroy(new RequestTimeoutError('global'));
      this.#current?.abort(new RequestTimeoutError('global'));
    });
  }

  #startPerTryTimer(abandonment: Abandonment): void {
    if (this.#timeouts.perTryMs <= 0 || abandonment !== this.#current) return;
    this.#perTryTimer = this.#context.clock.setTimer(this.#timeouts.perTryMs, () =>
      abandonment.abort(new RequestTimeoutError('per-try')),
    );
  }
}

/** What an attempt came to, and what the caller would be told if it was the last. */
interface Attempt {
  readonly outcome: AttemptOutcome;
  readonly answer: () => Answer;
  /** Drops a response that a retry replaces. */
  readonly discard?: () => void;
}

function ignoreTooLarge(error: unknown): undefined {
  if (!(error instanceof BodyTooLargeError)) throw error;
}

function discard(body: UpstreamResponse['body']): void {
  if (!Buffer.isBuffer(body)) body.destroy();
}
