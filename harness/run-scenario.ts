import { trackComputation } from '#core/clock.ts';
import { MeshrigError, messageOf } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline, eventsOfType, type ExplanationOfCall, type Timeline } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import type { Backend, Environment } from './backends/backend.ts';
import { findFailedCall } from './backends/failed-call.ts';
import type { ExplainCall } from './expectations/explainer.ts';
import { ExpectationError } from './expectations/expectation-error.ts';
import type { ScenarioExpect } from './expectations/scenario-expect.ts';
import type { Reporter } from './reporters/reporter.ts';
import type { ScenarioFailure, ScenarioResult } from './results.ts';
import { createScenarioFailure } from './scenario-failure.ts';
import type { Scenario, ScenarioTools } from './scenario.ts';
import { watchForStall, type StallWatch } from './stall-watch.ts';
import { createSteps, type StepRole, type Steps } from './steps.ts';
import type { Topology } from './topology.ts';

export interface ScenarioRunOptions {
  readonly backend: Backend;
  readonly seed: string;
  readonly reporter: Reporter;
  /** Loaded after the parts have started, so that the first step need not wait for it. */
  readonly loadExplainer: () => Promise<ExplainCall>;
  readonly exposePorts: boolean;
  /** Leaves out the steps that repair, or those that break: a scenario that still holds then proves nothing. */
  readonly without?: StepRole | undefined;
  readonly signal: AbortSignal;
}

/** What the phases of one run share. */
interface Run {
  readonly scenario: Scenario;
  readonly options: ScenarioRunOptions;
  readonly clock: VirtualClock;
  readonly timeline: Timeline;
  readonly steps: Steps;
  readonly stall: StallWatch;
}

/** Runs one scenario in a world of its own: clock, chance, timeline and parts. Never throws; stops what it started. */
export async function runScenario(scenario: Scenario, options: ScenarioRunOptions): Promise<ScenarioResult> {
  using clock = createVirtualClock();
  const timeline = createTimeline(clock);
  using _ = timeline.subscribe((event) => options.reporter.onEvent?.(event));
  using stall = watchForStall({ clock, timeline });
  const steps = createSteps({ clock, timeline, signal: options.signal, without: options.without });
  const run: Run = { scenario, options, clock, timeline, steps, stall };
  const wallStart = performance.now();
  const virtualStart = clock.now();

  clock.onJump((from, to) => timeline.emit({ type: 'clock-jump', source: 'clock', from, to }));
  timeline.emit({ type: 'run-started', source: 'runner', seed: options.seed, backend: options.backend.name });
  timeline.emit({ type: 'scenario-started', source: 'runner', scenario: scenario.name, title: scenario.title });
  const { failure, leaks } = await runAndStop(run);
  const virtualMs = clock.now() - virtualStart;
  const outcome = failure === undefined ? 'passed' : 'failed';
  timeline.emit({
    type: 'scenario-finished',
    source: 'runner',
    scenario: scenario.name,
    outcome,
    virtualMs,
    ...(failure === undefined ? {} : { reason: failure.message }),
  });
  return {
    name: scenario.name,
    title: scenario.title,
    outcome,
    wallMs: performance.now() - wallStart,
    virtualMs,
    leaks,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface Ending {
  readonly failure: ScenarioFailure | undefined;
  readonly leaks: readonly string[];
}

async function runAndStop(run: Run): Promise<Ending> {
  const started = await startParts(run);
  if ('failure' in started) return { failure: started.failure, leaks: [] };
  const failure = await holdScenario(run, started.environment);
  return { failure, leaks: await stopParts(run, started.environment) };
}

async function startParts(run: Run): Promise<{ environment: Environment } | { failure: ScenarioFailure }> {
  const { scenario, options, clock, timeline, steps, stall } = run;
  try {
    const topology = describeTopology(scenario);
    const start = () =>
      options.backend.start(topology, {
        clock,
        timeline,
        random: createRandom(`${options.seed}/${scenario.name}`),
        seed: options.seed,
        exposePorts: options.exposePorts,
        signal: options.signal,
      });
    return { environment: await Promise.race([steps.run(describeStart(topology), start), stall.stalled]) };
  } catch (error) {
    const context = { step: steps.latest(), isInsideStep: true, isStart: true, explanation: undefined };
    return { failure: await createScenarioFailure(error, context) };
  }
}

const TOOL_NAMES = ['step', 'fault', 'fix', 'expect', 'clock', 'random'];

function describeTopology(scenario: Scenario): Topology {
  const topology = scenario.describeTopology();
  const taken = Object.keys(topology).find((name) => TOOL_NAMES.includes(name));
  if (taken === undefined) return topology;
  throw new MeshrigError(
    'INVALID_SCENARIO',
    `Failed to run scenario "${scenario.name}": a part of its topology is named "${taken}", which is a tool's name`,
    { hint: `Names that parts cannot have: ${TOOL_NAMES.join(', ')}.` },
  );
}

/** `start aws and cluster "east"`. */
function describeStart(topology: Topology): string {
  const parts = Object.values(topology).map((part) => (part.kind === 'aws' ? 'aws' : `cluster "${part.name}"`));
  const last = parts.pop() ?? 'nothing';
  return parts.length === 0 ? `start ${last}` : `start ${parts.join(', ')} and ${last}`;
}

/** Runs the scenario's own lines; resolves with why it did not hold, if so. */
async function holdScenario(run: Run, environment: Environment): Promise<ScenarioFailure | undefined> {
  const { scenario, options, clock, timeline, steps, stall } = run;
  const [explainCall, createExpect] = await trackComputation(clock, () =>
    Promise.all([options.loadExplainer(), loadCreateExpect()]),
  );
  const expect: ScenarioExpect = createExpect({
    clock,
    timeline,
    explainCall,
    findSecretAccessKey: (id) => environment.findSecretAccessKey(id),
    reportExplanation: (explanation) => reportExplanation(timeline, explanation),
    runAsStep: (title, action) => (steps.isOpen() ? action() : steps.run(title, action)),
  });
  const random = createRandom(`${options.seed}/${scenario.name}/scenario`);
  using interruption = rejectOnAbort(options.signal);
  try {
    options.signal.throwIfAborted();
    const tools: ScenarioTools = {
      step: (title, action) => steps.run(title, action),
      fault: (title, action) => steps.runAs('fault', title, action),
      fix: (title, action) => steps.runAs('fix', title, action),
      expect,
      clock,
      random,
    };
    await Promise.race([scenario.run(environment.handles, tools), stall.stalled, interruption.aborted]);
    throwIfNotHeld(run);
    return undefined;
  } catch (error) {
    const isInsideStep = steps.isOpen() || steps.failure()?.error === error;
    const explanation = explainFailure(run, { error, isInsideStep, explainCall, environment });
    return createScenarioFailure(error, { step: steps.latest(), isInsideStep, isStart: false, explanation });
  }
}

async function loadCreateExpect() {
  return (await import('./expectations/create-expect.ts')).createExpect;
}

/** A scenario may have caught what it should have let pass, or may have expected nothing at all. */
function throwIfNotHeld({ scenario, timeline, steps }: Run): void {
  const failure = steps.failure();
  if (failure !== undefined) throw failure.error;
  const expectations = eventsOfType(timeline.events(), 'expectation');
  const failed = expectations.find((expectation) => expectation.outcome === 'failed');
  if (failed !== undefined) throw new MeshrigError('EXPECTATION_FAILED', `expected ${failed.text}`);
  if (expectations.length > 0) return;
  throw new MeshrigError(
    'INVALID_SCENARIO',
    `Failed to judge scenario "${scenario.name}": it has no expectation, so nothing could fail`,
    { hint: 'Add at least one expect(...).' },
  );
}

interface FailedPart {
  readonly error: unknown;
  readonly isInsideStep: boolean;
  readonly explainCall: ExplainCall;
  readonly environment: Environment;
}

function explainFailure({ timeline, steps }: Run, failed: FailedPart): ExplanationOfCall | undefined {
  const eventsOfStep = timeline.events().slice(failed.isInsideStep ? (steps.latest()?.eventsBefore ?? 0) : Infinity);
  const named = failed.error instanceof ExpectationError ? failed.error.callId : findFailedCall(failed.error)?.callId;
  const callId = named ?? eventsOfType(eventsOfStep, 'call').at(-1)?.call;
  if (callId === undefined) return undefined;
  const explanation = failed.explainCall({
    events: timeline.events(),
    callId,
    findSecretAccessKey: (id) => failed.environment.findSecretAccessKey(id),
  });
  if (explanation !== undefined) reportExplanation(timeline, explanation);
  return explanation;
}

function reportExplanation(timeline: Timeline, explanation: ExplanationOfCall): void {
  timeline.emit({ type: 'explanation', source: 'explain', ...explanation });
}

/** Stops everything in reverse order and names what stayed open. */
async function stopParts({ clock, stall }: Run, environment: Environment): Promise<readonly string[]> {
  try {
    await Promise.race([environment[Symbol.asyncDispose](), stall.stalled]);
    // Connections close on later turns; the timer fires when there is none left.
    await clock.sleep(0);
  } catch (error) {
    return [`stopping failed: ${messageOf(error)}`, ...environment.findLeaks()];
  }
  const timers = clock.pendingTimers();
  return [...environment.findLeaks(), ...(timers === 0 ? [] : [timers === 1 ? '1 timer' : `${timers} timers`])];
}

function rejectOnAbort(signal: AbortSignal): Disposable & { readonly aborted: Promise<never> } {
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  aborted.catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  return { aborted, [Symbol.dispose]: () => signal.removeEventListener('abort', abort) };
}
