import type { Clock, Timer } from '#core/clock.ts';
import type { HttpSession, SessionOwner } from './http-session.ts';
import type { UpstreamAttempt, UpstreamResponse } from './types.ts';

export interface SessionPoolOptions {
  readonly clock: Clock;
  /** Opens a connection, when none can take a request. */
  readonly open: (owner: SessionOwner, signal: AbortSignal) => Promise<HttpSession>;
  /** 0 keeps idle connections for ever. */
  readonly idleTimeoutMs: number;
  /** 0 for no limit. */
  readonly maxRequestsPerConnection: number;
}

interface Member {
  requests: number;
  idleTimer: Timer | undefined;
}

/** Connections to one endpoint, spoken to in one way, kept for the next request. */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #members = new Map<HttpSession, Member>();
  readonly #owner: SessionOwner;
  #isDraining = false;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#owner = { onRequestEnd: (session) => this.#rest(session), onClose: (session) => this.#forget(session) };
  }

  get size(): number {
    return this.#members.size;
  }

  /** @throws UpstreamError, or the signal's reason */
  async send(attempt: UpstreamAttempt): Promise<UpstreamResponse> {
    const session = this.#findAvailable() ?? (await this.#open(attempt.signal));
    const member = this.#members.get(session);
    member?.idleTimer?.cancel();
    if (member !== undefined) member.requests++;
    return await session.send(attempt);
  }

  /** Closes what is idle now and the rest after its requests. */
  drain(): void {
    this.#isDraining = true;
    for (const session of Array.from(this.#members.keys())) session.drain();
  }

  destroy(): void {
    this.#isDraining = true;
    for (const [session, { idleTimer }] of Array.from(this.#members)) {
      idleTimer?.cancel();
      session.destroy();
    }
  }

  #findAvailable(): HttpSession | undefined {
    for (const session of this.#members.keys()) if (session.isAvailable) return session;
    return undefined;
  }

  // Requests that come while a connection is being opened open their own: at worst an HTTP/2 endpoint gets a few at first.
  async #open(signal: AbortSignal): Promise<HttpSession> {
    const session = await this.#options.open(this.#owner, signal);
    this.#members.set(session, { requests: 0, idleTimer: undefined });
    return session;
  }

  #rest(session: HttpSession): void {
    const member = this.#members.get(session);
    if (member === undefined || session.activeRequests > 0) return;
    const { maxRequestsPerConnection: limit, idleTimeoutMs, clock } = this.#options;
    if (this.#isDraining || (limit > 0 && member.requests >= limit)) session.drain();
    else if (idleTimeoutMs > 0 && !session.isClosed)
      member.idleTimer = clock.setTimer(idleTimeoutMs, () => session.drain());
  }

  #forget(session: HttpSession): void {
    this.#members.get(session)?.idleTimer?.cancel();
    this.#members.delete(session);
  }
}
