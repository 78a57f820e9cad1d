import type { Clock, Instant, Timer } from '#core/clock.ts';
import type { AbandonSignal } from './abandonment.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { HttpSession, SessionOwner } from './http-session.ts';
import type { UpstreamAttempt, UpstreamResponse } from './types.ts';

export interface SessionPoolOptions {
  readonly clock: Clock;
  readonly breaker: CircuitBreaker;
  /** Opens a connection, when none can take a request. */
  readonly open: (owner: SessionOwner, signal: AbandonSignal) => Promise<HttpSession>;
  /** 0 keeps idle connections for ever. */
  readonly idleTimeoutMs: number;
  /** 0 for no limit. */
  readonly maxRequestsPerConnection: number;
  /** After this long a connection finishes what it has; 0 for no limit. */
  readonly maxConnectionMs: number;
}

interface Member {
  requests: number;
  restsSince: Instant;
  /** One serves any number of requests: it looks when the last one ended. */
  idleTimer: Timer | undefined;
  /** Undefined where a connection may live for ever. */
  readonly lifeTimer: Timer | undefined;
}

/** Connections to one endpoint, spoken to in one way, kept for the next request. */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #members = new Map<HttpSession, Member>();
  readonly #owner: SessionOwner;
  /** Requests that wait for a connection of others, oldest first. */
  readonly #waiting: (() => void)[] = [];
  #opening = 0;
  #isDraining = false;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#owner = { onRequestEnd: (session) => this.#rest(session), onClose: (session) => this.#forget(session) };
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether a request would be sent at once. */
  get hasAvailable(): boolean {
    return this.#findAvailable() !== undefined;
  }

  /** @throws UpstreamError, or the signal's reason */
  send(attempt: UpstreamAttempt): Promise<UpstreamResponse> {
    const session = this.#findAvailable();
    if (session !== undefined) return this.#sendOn(session, attempt);
    return this.#waitForSession(attempt.signal).then((opened) => this.#sendOn(opened, attempt));
  }

  #sendOn(session: HttpSession, attempt: UpstreamAttempt): Promise<UpstreamResponse> {
    const member = this.#members.get(session);
    if (member !== undefined) member.requests++;
    attempt.onConnected?.();
    return session.send(attempt);
  }

  /** Closes what is idle now and the rest after its requests. */
  drain(): void {
    this.#isDraining = true;
    for (const session of Array.from(this.#members.keys())) session.drain();
  }

  destroy(): void {
    this.#isDraining = true;
    for (const [session, { idleTimer, lifeTimer }] of Array.from(this.#members)) {
      idleTimer?.cancel();
      lifeTimer?.cancel();
      session.destroy();
    }
  }

  #findAvailable(): HttpSession | undefined {
    for (const session of this.#members.keys()) if (session.isAvailable) return session;
    return undefined;
  }

  async #waitForSession(signal: AbandonSignal): Promise<HttpSession> {
    const { breaker } = this.#options;
    breaker.enter('pendingRequests');
    try {
      for (;;) {
        const session = this.#findAvailable();
        if (session !== undefined) return session;
        if (breaker.hasRoom('connections') || this.#members.size + this.#opening === 0) return await this.#open(signal);
        await this.#waitForTurn(signal);
      }
    } finally {
      breaker.leave('pendingRequests');
    }
  }

  #waitForTurn(signal: AbandonSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason as Error);
      };
      const turn = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      this.#waiting.push(turn);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  // Requests that come while a connection is being opened open their own: at worst an HTTP/2 endpoint gets a few at first.
  async #open(signal: AbandonSignal): Promise<HttpSession> {
    const { breaker, open, clock, maxConnectionMs } = this.#options;
    breaker.take('connections');
    this.#opening++;
    try {
      const session = await open(this.#owner, signal);
      const lifeTimer = maxConnectionMs > 0 ? clock.setTimer(maxConnectionMs, () => session.drain()) : undefined;
      this.#members.set(session, { requests: 0, restsSince: 0, idleTimer: undefined, lifeTimer });
      return session;
    } catch (error) {
      breaker.leave('connections');
      this.#waiting.shift()?.();
      throw error;
    } finally {
      this.#opening--;
    }
  }

  #rest(session: HttpSession): void {
    if (!session.isClosed) this.#waiting.shift()?.();
    const member = this.#members.get(session);
    if (member === undefined || session.activeRequests > 0) return;
    const { maxRequestsPerConnection: limit, idleTimeoutMs, clock } = this.#options;
    if (this.#isDraining || (limit > 0 && member.requests >= limit)) session.drain();
    else if (idleTimeoutMs > 0 && !session.isClosed) {
      member.restsSince = clock.now();
      member.idleTimer ??= this.#watchRest(session, member, idleTimeoutMs);
    }
  }

  #watchRest(session: HttpSession, member: Member, delayMs: number): Timer {
    const { clock, idleTimeoutMs } = this.#options;
    return clock.setTimer(delayMs, () => {
      member.idleTimer = undefined;
      if (session.activeRequests > 0) return;
      const leftMs = member.restsSince + idleTimeoutMs - clock.now();
      if (leftMs > 0) member.idleTimer = this.#watchRest(session, member, leftMs);
      else session.drain();
    });
  }

  #forget(session: HttpSession): void {
    const member = this.#members.get(session);
    member?.idleTimer?.cancel();
    member?.lifeTimer?.cancel();
    if (this.#members.delete(session)) this.#options.breaker.leave('connections');
    this.#waiting.shift()?.();
  }
}
