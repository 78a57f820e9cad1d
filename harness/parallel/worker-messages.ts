import type { TimelineEvent } from '#core/timeline.ts';
import type { ScenarioFile } from '../discover.ts';
import type { RunStop, ScenarioResult } from '../results.ts';
import type { StepRole } from '../steps.ts';

/** What every scenario of a worker is run with. */
export interface WorkerOptions {
  readonly seed: string;
  readonly without: StepRole | undefined;
}

/** To a worker: run one more, or stop what runs and end. */
export type WorkerOrder = { readonly run: ScenarioFile } | { readonly stop: RunStop };

/** From a worker, as JSON: so an event has the same bytes in the end as one that never left its thread. */
export interface WorkerReport {
  readonly events: readonly TimelineEvent[];
  /** Of the scenario that ran, with its last events. */
  readonly result?: ScenarioResult;
}
