import { Worker } from 'node:worker_threads';
import { messageOf } from '#core/errors.ts';
import { createRealClock } from '#core/real-clock.ts';
import { preferBaselineCode } from '#core/v8-tiers.ts';
import type { ScenarioFile } from '../discover.ts';
import type { Reporter } from '../reporters/reporter.ts';
import type { RunStop, ScenarioResult } from '../results.ts';
import { findStop } from '../runner.ts';
import { createScenarioRecord, type ScenarioRecord } from './scenario-record.ts';
import type { WorkerOptions, WorkerOrder, WorkerReport } from './worker-messages.ts';

export interface ScenarioWorkersOptions extends WorkerOptions {
  readonly workers: number;
  /** The folder of scenarios where it is not meshrig's own. */
  readonly scenarios: string | undefined;
  /** Stops what runs. */
  readonly signal: AbortSignal;
}

/** Threads that run scenarios, each in a world of its own as ever, ahead of their turn to be reported. */
export interface ScenarioWorkers extends AsyncDisposable {
  /** Tells the reporter the events of one scenario and resolves with its result, as `runScenario` does. */
  run(scenario: { readonly name: string }, reporter: Reporter): Promise<ScenarioResult>;
}

export interface QueuedScenario extends ScenarioFile {
  readonly title: string;
}

const WORKER = new URL('../../bin/scenario-worker.js', import.meta.url);
/** How long a worker that was told to stop may clean up. */
const STOP_LIMIT_MS = 10_000;
const NO_LONGER_NEEDED: RunStop = { code: 'INTERRUPTED', message: 'the run has ended' };

/** Starts threads that take the scenarios in order. A thread that dies fails its scenario, and another takes its place. */
export function startScenarioWorkers(
  scenarios: readonly QueuedScenario[],
  options: ScenarioWorkersOptions,
): ScenarioWorkers {
  preferBaselineCode();
  const queue = scenarios.map((scenario) => ({ scenario, record: createScenarioRecord() }));
  const records = new Map(queue.map(({ scenario, record }) => [scenario.name, record]));
  const clock = createRealClock();
  const workers = new Set<Worker>();
  const exits: Promise<void>[] = [];

  function stop(reason: RunStop): void {
    queue.length = 0;
    for (const worker of workers) order(worker, { stop: reason });
  }

  function start(keepsCompiled: boolean): void {
    const { seed, without, scenarios: folder } = options;
    const worker = new Worker(WORKER, { workerData: { seed, without, scenarios: folder, keepsCompiled } });
    workers.add(worker);
    exits.push(
      driveWorker(worker, () => queue.shift()).finally(() => {
        workers.delete(worker);
        if (queue.length > 0) start(false);
      }),
    );
  }

  const onAbort = (): void => {
    stop(findStop(options.signal) ?? NO_LONGER_NEEDED);
    limit ??= clock.setTimer(STOP_LIMIT_MS, () => workers.forEach((worker) => void worker.terminate()));
  };
  let limit: ReturnType<typeof clock.setTimer> | undefined;
  options.signal.addEventListener('abort', onAbort, { once: true });
  for (let count = 0; count < options.workers; count++) start(count === 0);

  return {
    run({ name }, reporter) {
      const record = records.get(name);
      if (record === undefined) throw new RangeError(`no worker was asked to run scenario "${name}"`);
      return record.replay(reporter);
    },
    async [Symbol.asyncDispose]() {
      options.signal.removeEventListener('abort', onAbort);
      onAbort();
      while (workers.size > 0) await Promise.all(exits);
      limit?.cancel();
    },
  };
}

interface Queued {
  readonly scenario: QueuedScenario;
  readonly record: ScenarioRecord;
}

/** Gives a worker one scenario after another. Resolves when the worker has ended. */
function driveWorker(worker: Worker, takeNext: () => Queued | undefined): Promise<void> {
  let current: Queued | undefined;
  let startedAt = 0;
  let fact: string | undefined;

  function runNext(): void {
    current = takeNext();
    startedAt = performance.now();
    order(worker, current === undefined ? { stop: NO_LONGER_NEEDED } : { run: current.scenario });
  }

  return new Promise((resolve) => {
    worker.on('message', (text: string) => {
      const { events, result } = JSON.parse(text) as WorkerReport;
      current?.record.add(events);
      if (result === undefined) return;
      current?.record.end(result);
      runNext();
    });
    worker.on('error', (error) => {
      fact = messageOf(error);
    });
    worker.on('exit', (code) => {
      const wallMs = performance.now() - startedAt;
      if (current !== undefined) current.record.end(createCrash(current.scenario, wallMs, fact ?? `exit code ${code}`));
      resolve();
    });
    runNext();
  });
}

function order(worker: Worker, message: WorkerOrder): void {
  worker.postMessage(message);
}

function createCrash({ name, title }: QueuedScenario, wallMs: number, fact: string): ScenarioResult {
  const message = `Failed to run scenario "${name}": its worker ended: ${fact}`;
  const failure = { code: 'BUG', message, summary: `worker ended: ${fact}` } as const;
  return { name, title, outcome: 'failed', wallMs, virtualMs: 0, leaks: [], failure };
}
