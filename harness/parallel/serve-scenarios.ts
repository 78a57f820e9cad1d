import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { MeshrigError } from '#core/errors.ts';
import type { TimelineEvent } from '#core/timeline.ts';
import { createEmbeddedBackend } from '../backends/embedded/embedded-backend.ts';
import { loadScenario, type ScenarioFile } from '../discover.ts';
import { explainCall } from '../explain/explain-call.ts';
import { runScenario } from '../run-scenario.ts';
import type { WorkerOptions, WorkerOrder, WorkerReport } from './worker-messages.ts';

/** A worker's side: runs the scenarios that the port asks for, one after another. Resolves when it was told to stop and has. */
export async function serveScenarios(port: MessagePort, options: WorkerOptions): Promise<void> {
  const stopping = new AbortController();
  let running = Promise.resolve();
  const stopped = once(stopping.signal, 'abort');
  port.on('message', (order: WorkerOrder) => {
    if ('stop' in order) stopping.abort(new MeshrigError(order.stop.code, order.stop.message));
    else running = runAndReport(order.run, { port, options, signal: stopping.signal });
  });
  await stopped;
  await running;
  port.close();
}

interface Place {
  readonly port: MessagePort;
  readonly options: WorkerOptions;
  readonly signal: AbortSignal;
}

/** Events go in batches, one at each step: a message for each event would take longer than the scenario. */
async function runAndReport(file: ScenarioFile, { port, options, signal }: Place): Promise<void> {
  let events: TimelineEvent[] = [];
  const report = (more: Pick<WorkerReport, 'result'> = {}) => {
    port.postMessage(JSON.stringify({ events, ...more } satisfies WorkerReport));
    events = [];
  };
  const result = await runScenario(await loadScenario(file), {
    backend: createEmbeddedBackend(),
    ...options,
    reporter: {
      onEvent(event) {
        events.push(event);
        if (event.type === 'step-started') report();
      },
    },
    loadExplainer: () => Promise.resolve(explainCall),
    exposePorts: false,
    signal,
  });
  report({ result });
}
