import type { TimelineEvent } from '#core/timeline.ts';
import { createEmbeddedBackend } from '#harness/backends/embedded/embedded-backend.ts';
import { explainCall } from '#harness/explain/explain-call.ts';
import type { ScenarioResult } from '#harness/results.ts';
import { runScenario } from '#harness/run-scenario.ts';
import type { Scenario } from '#harness/scenario.ts';
import type { StepRole } from '#harness/steps.ts';

export interface EmbeddedRun {
  readonly result: ScenarioResult;
  readonly events: readonly TimelineEvent[];
  /** The event file of the run. */
  readonly text: string;
}

export interface EmbeddedRunOptions {
  readonly seed?: string;
  readonly without?: StepRole;
}

/** Runs a scenario on the embedded backend, with no port opened on the machine. */
export async function runEmbedded(
  scenario: Scenario,
  { seed = '7f3a91c2', without }: EmbeddedRunOptions = {},
): Promise<EmbeddedRun> {
  const events: TimelineEvent[] = [];
  const result = await runScenario(scenario, {
    backend: createEmbeddedBackend(),
    seed,
    reporter: { onEvent: (event) => void events.push(event) },
    loadExplainer: () => Promise.resolve(explainCall),
    exposePorts: false,
    without,
    signal: new AbortController().signal,
  });
  return { result, events, text: events.map((event) => JSON.stringify(event)).join('\n') };
}
