import type { TimelineEvent } from '#core/timeline.ts';
import type { RunDescription, RunSummary, ScenarioResult } from '../results.ts';

/** A reader of a run. Scenarios come one after another; their events come between their start and end. */
export interface Reporter {
  onRunStart?(run: RunDescription): void;
  onScenarioStart?(scenario: { readonly name: string; readonly title: string }): void;
  onEvent?(event: TimelineEvent): void;
  onScenarioEnd?(result: ScenarioResult): void;
  onRunEnd?(summary: RunSummary): void | Promise<void>;
}

/** Hands everything to several reporters, in order. */
export function combineReporters(reporters: readonly Reporter[]): Required<Reporter> {
  return {
    onRunStart: (run) => tellAll(reporters, (reporter) => reporter.onRunStart?.(run)),
    onScenarioStart: (scenario) => tellAll(reporters, (reporter) => reporter.onScenarioStart?.(scenario)),
    onEvent: (event) => tellAll(reporters, (reporter) => reporter.onEvent?.(event)),
    onScenarioEnd: (result) => tellAll(reporters, (reporter) => reporter.onScenarioEnd?.(result)),
    onRunEnd: async (summary) => {
      for (const reporter of reporters) await reporter.onRunEnd?.(summary);
    },
  };
}

function tellAll(reporters: readonly Reporter[], tell: (reporter: Reporter) => void): void {
  for (const reporter of reporters) tell(reporter);
}
