import type { UpstreamAttempt, UpstreamResponse } from './types.ts';

/** One connection to an endpoint that carries requests. */
export interface HttpSession {
  /** Whether another request can be sent now. */
  readonly isAvailable: boolean;
  /** The connection is gone, or will carry no more requests. */
  readonly isClosed: boolean;
  /** Requests under way. */
  readonly activeRequests: number;
  /** Resolves with the response head. @throws UpstreamError, or the signal's reason */
  send(attempt: UpstreamAttempt): Promise<UpstreamResponse>;
  /** Closes at once when idle, otherwise after the requests under way. */
  drain(): void;
  /** Breaks off what is under way. */
  destroy(): void;
}

/** What a session tells its pool. */
export interface SessionOwner {
  /** A request has ended, well or not. */
  onRequestEnd(session: HttpSession): void;
  onClose(session: HttpSession): void;
}
