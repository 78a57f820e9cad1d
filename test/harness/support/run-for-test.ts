import { Writable } from 'node:stream';
import type { Backend } from '#harness/backends/backend.ts';
import type { ExplainCall } from '#harness/expectations/explainer.ts';
import type { Reporter } from '#harness/reporters/reporter.ts';
import { createScreen } from '#harness/reporters/screen.ts';
import { createTerminalReporter } from '#harness/reporters/terminal-reporter.ts';
import { runScenarios } from '#harness/runner.ts';
import { scenario, type Scenario, type ScenarioOptions } from '#harness/scenario.ts';
import type { RunSummary, ScenarioResult } from '#harness/results.ts';
import type { StepRole } from '#harness/steps.ts';
import { kubeCluster } from '#harness/topology.ts';
import { createFakeBackend } from './fake-backend.ts';

const TOPOLOGY = { east: kubeCluster('east') };
type EastRun = ScenarioOptions<typeof TOPOLOGY>['run'];

/** A scenario with one cluster named "east". */
export function eastScenario(run: EastRun, name = 'family/name'): Scenario {
  return scenario(name, { title: 'A title', source: ['a test'], topology: () => TOPOLOGY, run });
}

export interface TestRunOptions {
  readonly backend?: Backend;
  readonly reporters?: readonly Reporter[];
  readonly explainCall?: ExplainCall;
  readonly signal?: AbortSignal;
  readonly failFast?: boolean;
  readonly seed?: string;
  readonly without?: StepRole;
}

export function runForTest(scenarios: readonly Scenario[], options: TestRunOptions = {}): Promise<RunSummary> {
  return runScenarios(scenarios, {
    backend: options.backend ?? createFakeBackend(),
    seed: options.seed ?? 'seed',
    reporters: options.reporters ?? [],
    loadExplainer: async () => options.explainCall ?? (() => undefined),
    exposePorts: false,
    failFast: options.failFast ?? false,
    without: options.without,
    signal: options.signal ?? new AbortController().signal,
  });
}

/** The result of one scenario with the cluster "east". */
export async function resultOf(run: EastRun, options: TestRunOptions = {}): Promise<ScenarioResult> {
  const { results } = await runForTest([eastScenario(run)], options);
  const [result] = results;
  if (result === undefined) throw new Error('the scenario did not run');
  return result;
}

/** Collects what a reporter writes. */
export class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer | string, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What the terminal shows: wall time stands still, so that texts can be compared whole. */
export async function textOf(
  scenarios: readonly Scenario[],
  options: TestRunOptions & { readonly isVerbose?: boolean; readonly environment?: Record<string, string> } = {},
): Promise<string> {
  const stdout = new TextSink();
  const reporter = createTerminalReporter({
    screen: createScreen({ stdout, stderr: new TextSink(), environment: options.environment ?? {} }),
    wallNow: () => 0,
    isVerbose: options.isVerbose ?? false,
  });
  await runForTest(scenarios, { ...options, reporters: [reporter] });
  return stdout.text
    .replace(/\d+\.\d\ds/g, '0.00s')
    .replace(/ {7}\d+\.\ds/, '       0.0s')
    .replace(/node \S+/, 'node 20');
}
