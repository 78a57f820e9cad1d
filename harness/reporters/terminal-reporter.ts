import type { TimelineEvent } from '#core/timeline.ts';
import { formatDuration } from '../duration.ts';
import type { RunDescription, RunSummary, ScenarioFailure, ScenarioResult } from '../results.ts';
import { createFailureLines } from './failure-lines.ts';
import { createProgress } from './progress.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { createStepPrinter } from './step-printer.ts';
import { createSummaryLines, describeLeaks, formatVirtual } from './summary-lines.ts';
import { alignRight, formatWall } from './text-layout.ts';

export interface TerminalReporterOptions {
  readonly screen: Screen;
  /** Prints the steps of every scenario, not only of one that runs alone. */
  readonly isVerbose?: boolean;
  /** Wall time in milliseconds since any fixed moment. */
  readonly wallNow: () => number;
}

const WALL_COLUMN = 57;
const STATUS_WIDTH = 6;

/** Text for people: the steps of one scenario, or one line for each of many; a page for each failure. */
export function createTerminalReporter({ screen, isVerbose = false, wallNow }: TerminalReporterOptions): Reporter {
  const stepPrinter = createStepPrinter(screen, wallNow);
  const progress = createProgress(screen, wallNow);
  let run: RunDescription | undefined;
  let failures = 0;

  const showsSteps = () => isVerbose || run?.scenarios === 1;

  function printFailure(result: ScenarioResult): void {
    if (!hasFailure(result)) return;
    const block = createFailureLines(result, { number: ++failures, run });
    for (const line of ['', ...block, '']) screen.print(line);
  }

  function printLeaks({ leaks }: ScenarioResult): void {
    if (leaks.length < 2) return;
    for (const leak of leaks) screen.print(`      ${leak}`);
  }

  return {
    onRunStart(description) {
      run = description;
      const without = run.without === undefined ? '' : `  without ${run.without}`;
      screen.print(`${run.backend}  node ${run.nodeVersion}  seed ${run.seed}${without}`);
    },
    onScenarioStart(scenario) {
      progress.start(scenario.name);
      if (showsSteps()) screen.print(`${screen.colors.bold(scenario.name)}   ${scenario.title}`);
    },
    onEvent(event: TimelineEvent) {
      if (showsSteps()) stepPrinter.read(event);
      progress.read(event);
    },
    onScenarioEnd(result) {
      progress.end();
      if (showsSteps()) stepPrinter.finish(result.outcome === 'passed');
      if (showsSteps()) printFailure(result);
      screen.print(run?.scenarios === 1 ? createVerdictLine(screen, result) : createScenarioLine(screen, result));
      printLeaks(result);
      if (!showsSteps()) printFailure(result);
    },
    onRunEnd(summary: RunSummary) {
      progress.end();
      if (run?.scenarios === 1) return;
      for (const line of createSummaryLines(summary)) screen.print(line);
    },
  };
}

function hasFailure(result: ScenarioResult): result is ScenarioResult & { readonly failure: ScenarioFailure } {
  return result.failure !== undefined;
}

/** `PASS  port-forward/strip-port      0.21s  virtual 2.0s`. */
function createScenarioLine(screen: Screen, result: ScenarioResult): string {
  const nameAndTime = alignRight(result.name, formatWall(result.wallMs), WALL_COLUMN - STATUS_WIDTH);
  return [createStatus(screen, result) + nameAndTime, createNote(result)].filter((part) => part !== '').join('  ');
}

/** `PASS  0.05s (virtual 2.1s)`. */
function createVerdictLine(screen: Screen, result: ScenarioResult): string {
  const note = result.failure?.summary ?? describeLeaks(result.leaks);
  const time = formatWall(result.wallMs) + formatVirtual(result.virtualMs);
  return [createStatus(screen, result) + time, note].filter((part) => part !== '').join('  ');
}

function createStatus(screen: Screen, result: ScenarioResult): string {
  const { green, red, yellow } = screen.colors;
  if (result.outcome === 'failed') return red('FAIL'.padEnd(STATUS_WIDTH));
  if (result.outcome === 'skipped') return yellow('SKIP'.padEnd(STATUS_WIDTH));
  return result.leaks.length > 0 ? yellow('LEAK'.padEnd(STATUS_WIDTH)) : green('PASS'.padEnd(STATUS_WIDTH));
}

function createNote(result: ScenarioResult): string {
  if (result.failure !== undefined) return result.failure.summary;
  if (result.leaks.length > 0) return describeLeaks(result.leaks);
  return result.virtualMs === 0 ? '' : `virtual ${formatDuration(result.virtualMs)}`;
}
