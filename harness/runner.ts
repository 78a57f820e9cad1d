import { MeshrigError } from '#core/errors.ts';
import { combineReporters, type Reporter } from './reporters/reporter.ts';
import type { RunStop, RunSummary, ScenarioResult } from './results.ts';
import { runScenario, type ScenarioRunOptions } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

export interface RunOptions extends Omit<ScenarioRunOptions, 'reporter'> {
  readonly reporters: readonly Reporter[];
  /** Stops after the first scenario that did not hold. */
  readonly failFast?: boolean;
}

/**
 * Runs scenarios one after another.
 *
 * When `signal` aborts, the running scenario is stopped, its parts are taken down, and the rest is not started; the reason of the
 * abort is a MeshrigError `INTERRUPTED` or `TIME_LIMIT`.
 */
export async function runScenarios(scenarios: readonly Scenario[], options: RunOptions): Promise<RunSummary> {
  const reporter = combineReporters(options.reporters);
  const start = performance.now();
  const results: ScenarioResult[] = [];

  reporter.onRunStart({
    backend: options.backend.name,
    seed: options.seed,
    nodeVersion: process.versions.node,
    scenarios: scenarios.length,
    without: options.without,
  });
  for (const scenario of scenarios) {
    if (options.signal.aborted) break;
    reporter.onScenarioStart(scenario);
    const result = await runScenario(scenario, { ...options, reporter });
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

function findStop(signal: AbortSignal): RunStop | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  if (!(reason instanceof MeshrigError)) return { code: 'INTERRUPTED', message: 'the run was stopped' };
  const code = reason.code === 'TIME_LIMIT' ? 'TIME_LIMIT' : 'INTERRUPTED';
  return { code, message: reason.message };
}
