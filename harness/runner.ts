import { MeshrigError } from '#core/errors.ts';
import { combineReporters, type Reporter } from './reporters/reporter.ts';
import type { RunStop, RunSummary, ScenarioResult } from './results.ts';
import { runScenario, type ScenarioRunOptions } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

type RunOne = (scenario: Scenario, reporter: Reporter) => Promise<ScenarioResult>;

export interface RunOptions extends Omit<ScenarioRunOptions, 'reporter'> {
  readonly reporters: readonly Reporter[];
  /** Stops after the first scenario that did not hold. */
  readonly failFast?: boolean;
  /** The folder that the scenarios lie in, where it is not meshrig's own. */
  readonly folder?: string | undefined;
  /** Runs one scenario elsewhere; in this thread if left out. */
  readonly runOne?: RunOne | undefined;
}

/**
 * Runs scenarios one after another, or reports them so.
 *
 * When `signal` aborts, the running scenario is stopped, its parts are taken down, and the rest is not started; the reason of the
 * abort is a MeshrigError `INTERRUPTED` or `TIME_LIMIT`.
 */
export async function runScenarios(scenarios: readonly Scenario[], options: RunOptions): Promise<RunSummary> {
  const reporter = combineReporters(options.reporters);
  const start = performance.now();
  const results: ScenarioResult[] = [];
  const runOne: RunOne = options.runOne ?? ((scenario) => runScenario(scenario, { ...options, reporter }));

  reporter.onRunStart({
    backend: options.backend.name,
    seed: options.seed,
    nodeVersion: process.versions.node,
    scenarios: scenarios.length,
    without: options.without,
    folder: options.folder,
  });
  for (const scenario of scenarios) {
    if (options.signal.aborted) break;
    reporter.onScenarioStart(scenario);
    const result = await runOne(scenario, reporter);
    results.push(result);
    reporter.onScenarioEnd(result);
    if (options.failFast === true && result.outcome === 'failed') break;
  }
  const stopped = findStop(options.signal);
  const summary: RunSummary = {
    results,
    wallMs: performance.now() - start,
    ...(stopped === undefined ? {} : { stopped }),
  };
  await reporter.onRunEnd(summary);
  return summary;
}

/** Why a run was stopped, if it was. */
export function findStop(signal: AbortSignal): RunStop | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  if (!(reason instanceof MeshrigError)) return { code: 'INTERRUPTED', message: 'the run was stopped' };
  const code = reason.code === 'TIME_LIMIT' ? 'TIME_LIMIT' : 'INTERRUPTED';
  return { code, message: reason.message };
}
