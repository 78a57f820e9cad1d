import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimelineEvent } from '#core/timeline.ts';
import type { Reporter } from './reporter.ts';

/** Writes the events of each scenario to `<folder>/<scenario>/events.jsonl` when it ends. */
export function createEventFileReporter(folder: string): Reporter {
  let events: TimelineEvent[] = [];
  return {
    onScenarioStart() {
      events = [];
    },
    onEvent(event) {
      events.push(event);
    },
    onScenarioEnd(result) {
      const target = join(folder, result.name);
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    },
  };
}
