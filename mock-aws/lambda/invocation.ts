import type { Instant } from '#core/clock.ts';

/** One run of a function, as an execution environment sees it. */
export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** The event as JSON text; never empty. */
  readonly payload: string;
  /** The event, parsed for this run alone: a handler may change it. */
  readonly event: unknown;
  /** The value of `X-Amzn-Trace-Id`. */
  readonly traceId: string;
  /** Decoded `X-Amz-Client-Context`. */
  readonly clientContext: unknown;
}

/** How a run ended. Every kind but `returned` is a function error: status 200 with `X-Amz-Function-Error`. */
export interface Outcome {
  readonly kind: 'returned' | 'failed' | 'timed-out' | 'exited';
  /** JSON as the caller gets it. */
  readonly payload: string | Buffer;
  readonly durationMs: number;
  /** Set when this run started its environment. */
  readonly initDurationMs: number | undefined;
  /** What the function printed, one entry per line. */
  readonly log: readonly string[];
}

/** A finished run as {@link LambdaStore.invocations} keeps it. */
export interface InvocationRecord {
  readonly functionName: string;
  readonly invocation: Invocation;
  readonly startedAt: Instant;
  readonly outcome: Outcome;
}

/** Where a function runs: one invocation at a time, reused while it is usable. */
export interface ExecutionEnvironment {
  /** False once a run timed out or the process ended. */
  readonly isUsable: boolean;
  /** Calls `done` exactly once, possibly before it returns. */
  run(invocation: Invocation, done: (outcome: Outcome) => void): void;
  stop(): Promise<void>;
}

/** aws.md 2.4 (recorded 2024 and later); seconds have two decimals. */
export function timeoutPayload(requestId: string, timeoutMs: number): string {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return JSON.stringify({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
  });
}

/** aws.md 2.4 (recorded): the process ended by itself. */
export function exitPayload(requestId: string, reason: string): string {
  return JSON.stringify({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited ${reason}`,
  });
}

const MAX_RESPONSE_BYTES = 6_291_556;

/** aws.md 2.4 (recorded): the error that replaces an answer that is too large; undefined when it fits. */
export function tooLargePayload(payload: string | Buffer): string | undefined {
  if (payload.length * 3 <= MAX_RESPONSE_BYTES || Buffer.byteLength(payload) <= MAX_RESPONSE_BYTES) return undefined;
  return JSON.stringify({
    errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
    errorType: 'Function.ResponseSizeTooLarge',
  });
}
