import type { TimelineEvent } from '#core/timeline.ts';
import type { Reporter } from '../reporters/reporter.ts';
import type { ScenarioResult } from '../results.ts';

/** The events of a scenario that runs elsewhere, kept until its turn to be reported comes, and passed on at once from then on. */
export interface ScenarioRecord {
  add(events: readonly TimelineEvent[]): void;
  end(result: ScenarioResult): void;
  /** Tells the reporter every event, and resolves with the result when there are no more. */
  replay(reporter: Reporter): Promise<ScenarioResult>;
}

export function createScenarioRecord(): ScenarioRecord {
  let kept: TimelineEvent[] = [];
  let reporter: Reporter | undefined;
  let end: (result: ScenarioResult) => void = () => {};
  const ended = new Promise<ScenarioResult>((resolve) => {
    end = resolve;
  });

  function passOn(): void {
    if (reporter === undefined) return;
    for (const event of kept) reporter.onEvent?.(event);
    kept = [];
  }

  return {
    add(events) {
      kept.push(...events);
      passOn();
    },
    end: (result) => end(result),
    replay(to) {
      reporter = to;
      passOn();
      return ended;
    },
  };
}
