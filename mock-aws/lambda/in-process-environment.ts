import type { Clock, Instant, Timer } from '#core/clock.ts';
import { HandlerClock } from './handler-clock.ts';
import type { HandlerContext, InProcessHandler } from './handler.ts';
import {
  timeoutPayload,
  tooLargePayload,
  type ExecutionEnvironment,
  type Invocation,
  type Outcome,
} from './invocation.ts';
import { formatThrown } from './thrown.ts';

/** The parts of a function that its runs need to know. */
export interface InProcessFunction {
  readonly name: string;
  readonly code: InProcessHandler;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Length of a cold start on the clock. */
  readonly initMs: number;
  readonly logStreamName: string;
}

type Result = Pick<Outcome, 'kind' | 'payload'>;

/**
 * Runs a handler in this process, on the scenario's clock.
 *
 * A run that times out is answered at that moment. Nothing can stop a handler, but it waits for nothing any more once its
 * environment stops.
 */
export class InProcessEnvironment implements ExecutionEnvironment {
  readonly #function: InProcessFunction;
  readonly #clock: Clock;
  readonly #handlerClock: HandlerClock;
  #isWarm = false;
  #isUsable = true;
  /** Of the cold start, then of the time limit. */
  #timer: Timer | undefined;

  constructor(lambdaFunction: InProcessFunction, clock: Clock) {
    this.#function = lambdaFunction;
    this.#clock = clock;
    this.#handlerClock = new HandlerClock(clock);
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  run(invocation: Invocation, done: (outcome: Outcome) => void): void {
    const { initMs } = this.#function;
    const isCold = !this.#isWarm;
    this.#isWarm = true;
    if (isCold && initMs > 0) this.#timer = this.#clock.setTimer(initMs, () => this.#execute(invocation, initMs, done));
    else this.#execute(invocation, isCold ? 0 : undefined, done);
  }

  async stop(): Promise<void> {
    this.#isUsable = false;
    this.#timer?.cancel();
    this.#handlerClock[Symbol.dispose]();
  }

  #execute(invocation: Invocation, initDurationMs: number | undefined, done: (outcome: Outcome) => void): void {
    const context = new RunContext(this.#function, invocation, this.#handlerClock);
    const returned = callHandler(this.#function.code, invocation, context);
    if (returned instanceof Promise) {
      this.#awaitResult(returned, invocation, (result) => done(context.createOutcome(result, initDurationMs)));
    } else {
      done(context.createOutcome(returned, initDurationMs));
    }
  }

  #awaitResult(returned: Promise<Result>, invocation: Invocation, finish: (result: Result) => void): void {
    const { timeoutMs } = this.#function;
    let isOver = false;
    const end = (result: Result) => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      finish(result);
    };
    const timer = this.#clock.setTimer(timeoutMs, () => {
      this.#isUsable = false;
      end({ kind: 'timed-out', payload: timeoutPayload(invocation.requestId, timeoutMs) });
    });
    this.#timer = timer;
    void returned.then(end);
  }
}

/** The result at once when the handler is synchronous, else a promise of it that never rejects. */
function callHandler(
  handler: InProcessHandler,
  invocation: Invocation,
  context: HandlerContext,
): Result | Promise<Result> {
  try {
    const returned = handler(invocation.event, context);
    return isThenable(returned)
      ? Promise.resolve(returned).then(formatReturned, formatFailed)
      : formatReturned(returned);
  } catch (error) {
    return formatFailed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** A function that returns nothing answers `null`, as the Node runtime does. */
function formatReturned(value: unknown): Result {
  try {
    const payload = JSON.stringify(value) ?? 'null';
    const tooLarge = tooLargePayload(payload);
    return tooLarge === undefined ? { kind: 'returned', payload } : { kind: 'failed', payload: tooLarge };
  } catch (error) {
    return formatFailed(error);
  }
}

function formatFailed(error: unknown): Result {
  return { kind: 'failed', payload: formatThrown(error) };
}

class RunContext implements HandlerContext {
  readonly clock: Clock;
  readonly #startedAt: Instant;
  readonly #lines: string[] = [];
  readonly #function: InProcessFunction;
  readonly #invocation: Invocation;

  constructor(lambdaFunction: InProcessFunction, invocation: Invocation, clock: Clock) {
    this.#function = lambdaFunction;
    this.#invocation = invocation;
    this.clock = clock;
    this.#startedAt = clock.now();
  }

  get functionName(): string {
    return this.#function.name;
  }
  get functionVersion(): string {
    return '$LATEST';
  }
  get invokedFunctionArn(): string {
    return this.#invocation.functionArn;
  }
  get memoryLimitInMB(): string {
    return String(this.#function.memoryMb);
  }
  get awsRequestId(): string {
    return this.#invocation.requestId;
  }
  get logGroupName(): string {
    return `/aws/lambda/${this.#function.name}`;
  }
  get logStreamName(): string {
    return this.#function.logStreamName;
  }
  get clientContext(): unknown {
    return this.#invocation.clientContext;
  }
  getRemainingTimeInMillis(): number {
    return Math.max(0, this.#startedAt + this.#function.timeoutMs - this.clock.now());
  }
  log(line: string): void {
    this.#lines.push(line);
  }

  createOutcome({ kind, payload }: Result, initDurationMs: number | undefined): Outcome {
    return { kind, payload, durationMs: this.clock.now() - this.#startedAt, initDurationMs, log: this.#lines };
  }
}
