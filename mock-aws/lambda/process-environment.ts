import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock, Instant, Timer } from '#core/clock.ts';
import { createHostNetwork } from '#core/host-network.ts';
import {
  exitPayload,
  timeoutPayload,
  tooLargePayload,
  type ExecutionEnvironment,
  type Invocation,
  type Outcome,
} from './invocation.ts';
import { startRuntimeApi, type RuntimeApi } from './runtime-api.ts';
import { createRuntimeCommand } from './runtime-command.ts';

/** What a function process needs to run. */
export interface ProcessFunction {
  /** Folder with the function's files. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** `nodejs20.x`, `python3.12` */
  readonly runtime: string;
  /** The variables of aws.md 2.10, without the address of the Runtime API. */
  readonly environment: Readonly<Record<string, string>>;
}

type Result = Pick<Outcome, 'kind' | 'payload'>;

/** The run under way, from its cold start to its outcome. */
interface Run {
  readonly invocation: Invocation;
  readonly done: (outcome: Outcome) => void;
  readonly activity: Disposable;
  readonly log: string[];
  isHandedOver: boolean;
  /** Set when the runtime has posted how the run ended. */
  result: Result | undefined;
  isLogComplete: boolean;
  startedAt: Instant;
  initDurationMs: number | undefined;
  timer: Timer;
}

/** Begins the line that a bootstrap prints after a run; the request id follows. */
const LOG_END = '\0END ';
/** Start-up has ten seconds (aws.md 2.6). */
const INIT_TIMEOUT_MS = 10_000;

/**
 * Runs a function in a process of its own, Node or Python, over the Lambda Runtime API: a real cold start, a real environment, a
 * real kill at the timeout. While a run is under way the clock follows real time.
 */
export class ProcessEnvironment implements ExecutionEnvironment {
  readonly #function: ProcessFunction;
  readonly #clock: Clock;
  #child: ChildProcess | undefined;
  #runtimeApi: RuntimeApi | undefined;
  #run: Run | undefined;
  #isUsable = true;

  constructor(processFunction: ProcessFunction, clock: Clock) {
    this.#function = processFunction;
    this.#clock = clock;
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  run(invocation: Invocation, done: (outcome: Outcome) => void): void {
    const run: Run = {
      invocation,
      done,
      activity: this.#clock.noteOutside('process'),
      log: [],
      isHandedOver: false,
      result: undefined,
      isLogComplete: false,
      startedAt: this.#clock.now(),
      initDurationMs: undefined,
      timer: this.#setTimeLimit(INIT_TIMEOUT_MS),
    };
    this.#run = run;
    if (this.#child === undefined) void this.#start();
    else this.#handOver(run);
  }

  async stop(): Promise<void> {
    this.#isUsable = false;
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    await this.#runtimeApi?.close();
  }

  async #start(): Promise<void> {
    this.#runtimeApi = await startRuntimeApi(createHostNetwork(this.#clock), {
      onReady: () => this.#onReady(),
      onResult: (payload) => this.#onResult(payload),
      onError: (payload) => this.#onPosted({ kind: 'failed', payload }),
      onInitError: (payload) => this.#onInitError(payload),
    });
    const command = createRuntimeCommand(this.#function.runtime, this.#function.memoryMb);
    const child = spawn(command.file, command.arguments, {
      cwd: this.#function.folder,
      env: { ...this.#function.environment, AWS_LAMBDA_RUNTIME_API: this.#runtimeApi.address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#collectLines(child.stdout);
    this.#collectLines(child.stderr);
    child.once('error', (error) => this.#onExit(`with error: ${error.message}`));
    child.once('close', (status, signal) => this.#onExit(describeExit(status, signal)));
  }

  #onReady(): void {
    const run = this.#run;
    if (run === undefined || run.isHandedOver) return;
    run.initDurationMs = this.#clock.now() - run.startedAt;
    this.#handOver(run);
  }

  #handOver(run: Run): void {
    const { timeoutMs } = this.#function;
    const now = this.#clock.now();
    run.timer.cancel();
    run.timer = this.#setTimeLimit(timeoutMs);
    run.startedAt = now;
    run.isHandedOver = true;
    this.#runtimeApi?.deliver(run.invocation, { now, deadline: now + timeoutMs });
  }

  #setTimeLimit(limitMs: number): Timer {
    return this.#clock.setTimer(limitMs, () => {
      this.#isUsable = false;
      this.#child?.kill('SIGKILL');
      this.#finish(this.#run?.result ?? { kind: 'timed-out', payload: timeoutPayload(this.#requestId(), limitMs) });
    });
  }

  #onResult(payload: Buffer): void {
    const tooLarge = tooLargePayload(payload);
    this.#onPosted(tooLarge === undefined ? { kind: 'returned', payload } : { kind: 'failed', payload: tooLarge });
  }

  #onPosted(result: Result): void {
    if (this.#run !== undefined) this.#run.result = result;
    this.#finishWhenComplete();
  }

  /** The log comes by another way than the result, and may come later. */
  #finishWhenComplete(): void {
    const { result, isLogComplete } = this.#run ?? {};
    if (result !== undefined && isLogComplete === true) this.#finish(result);
  }

  #onInitError(payload: Buffer): void {
    this.#isUsable = false;
    this.#finish({ kind: 'failed', payload });
  }

  #onExit(reason: string): void {
    this.#isUsable = false;
    this.#finish(this.#run?.result ?? { kind: 'exited', payload: exitPayload(this.#requestId(), reason) });
  }

  #requestId(): string {
    return this.#run?.invocation.requestId ?? '';
  }

  #finish({ kind, payload }: Result): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.timer.cancel();
    run.activity[Symbol.dispose]();
    const { initDurationMs, log } = run;
    run.done({ kind, payload, durationMs: this.#clock.now() - run.startedAt, initDurationMs, log });
  }

  #collectLines(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => this.#onLine(line));
  }

  #onLine(line: string): void {
    const run = this.#run;
    if (run === undefined) return;
    const end = line.indexOf(`${LOG_END}${run.invocation.requestId}`);
    const text = end === -1 ? line : line.slice(0, end);
    if (end !== 0) run.log.push(text);
    if (end === -1) return;
    run.isLogComplete = true;
    this.#finishWhenComplete();
  }
}

/** aws.md 2.4: what became of the process, in the words of the Lambda sandbox. */
function describeExit(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `with error: signal: ${SIGNAL_WORDS[signal] ?? signal.slice(3).toLowerCase()}`;
  return status === 0 ? 'without providing a reason' : `with error: exit status ${status}`;
}

const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};
