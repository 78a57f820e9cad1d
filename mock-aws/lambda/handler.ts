import type { Clock } from '#core/clock.ts';

/** A function body that runs in this process, on the scenario's clock. */
export type InProcessHandler = (event: unknown, context: HandlerContext) => unknown;

/** What the Node runtime passes as `context`, and the clock that a handler must use instead of the machine's. */
export interface HandlerContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly clientContext: unknown;
  readonly clock: Clock;
  getRemainingTimeInMillis(): number;
  /** Prints one line to the function's log, as `console.log` does in a real process. */
  log(line: string): void;
}
