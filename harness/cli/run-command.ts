import { randomBytes } from 'node:crypto';
import { MeshrigError } from '#core/errors.ts';
import { findScenarioFiles, loadScenario, selectScenarioFiles } from '../discover.ts';
import { parseDuration } from '../duration.ts';
import { countWorkers } from '../parallel/count-workers.ts';
import type { ScenarioWorkers } from '../parallel/scenario-workers.ts';
import type { Reporter } from '../reporters/reporter.ts';
import { createScreen } from '../reporters/screen.ts';
import type { RunSummary } from '../results.ts';
import { runScenarios } from '../runner.ts';
import type { Scenario } from '../scenario.ts';
import type { CommandIo } from './command-io.ts';
import { chooseRunExit, getExit } from './exit-codes.ts';
import { watchInterruption } from './interruption.ts';
import { OWN_SCENARIOS } from './own-scenarios.ts';

export interface RunCommandOptions {
  readonly seed?: string;
  readonly reporter: 'list' | 'json' | 'junit';
  readonly output?: string;
  readonly without?: 'fix' | 'fault';
  readonly failFast?: boolean;
  readonly timeout: string;
  readonly workers?: string;
  readonly verbose?: boolean;
  readonly ascii?: boolean;
  readonly allowNone?: boolean;
  readonly tag?: readonly string[];
  readonly skipTag?: readonly string[];
  readonly scenarios?: string;
}

/** `meshrig run [name...]`. Resolves with the exit code. */
export async function runCommand(names: readonly string[], options: RunCommandOptions, io: CommandIo): Promise<number> {
  const limitMs = parseDuration(options.timeout);
  if (limitMs === undefined) {
    throw new MeshrigError('USAGE', `Failed to read option "--timeout": "${options.timeout}" is not like 60s or 10m`);
  }
  const chosen = await chooseScenarios(names, options);
  if (chosen.length === 0) return reportNone(options, io);

  using interruption = watchInterruption({ io, limitMs });
  const { createEmbeddedBackend } = await import('../backends/embedded/embedded-backend.ts');
  const seed = options.seed ?? randomBytes(4).toString('hex');
  await using workers = await startWorkers(chosen, options, { seed, signal: interruption.signal });
  const scenarios = chosen.map(({ scenario }) => scenario);
  const summary = await runScenarios(scenarios, {
    backend: createEmbeddedBackend(),
    seed,
    reporters: await createReporters(options, io),
    loadExplainer: async () => (await import('../explain/explain-call.ts')).explainCall,
    // An outside curl can only mean the scenario that runs alone; many would want the same port one after another.
    exposePorts: scenarios.length === 1,
    failFast: options.failFast === true,
    without: options.without,
    folder: options.scenarios,
    signal: interruption.signal,
    runOne: workers === undefined ? undefined : (scenario, reporter) => workers.run(scenario, reporter),
  });
  return printExit(summary, { options, io, received: interruption.received() });
}

interface ChosenScenario {
  readonly file: string;
  readonly scenario: Scenario;
}

async function chooseScenarios(names: readonly string[], options: RunCommandOptions): Promise<ChosenScenario[]> {
  const files = findScenarioFiles(options.scenarios ?? OWN_SCENARIOS);
  const chosen: ChosenScenario[] = [];
  for (const found of selectScenarioFiles(files, names)) {
    const scenario = await loadScenario(found);
    if (hasWantedTags(scenario, options)) chosen.push({ file: found.file, scenario });
  }
  return chosen;
}

/** None where this thread does: for one scenario, for a few, and for steps that are printed with the time they took. */
async function startWorkers(
  chosen: readonly ChosenScenario[],
  options: RunCommandOptions,
  run: { readonly seed: string; readonly signal: AbortSignal },
): Promise<ScenarioWorkers | undefined> {
  const workers = countWorkers(chosen.length, options.workers);
  if (workers === 0 || options.verbose === true) return undefined;
  const { startScenarioWorkers } = await import('../parallel/scenario-workers.ts');
  const queue = chosen.map(({ file, scenario: { name, title } }) => ({ file, name, title }));
  const { without, scenarios } = options;
  return startScenarioWorkers(queue, { ...run, workers, without, scenarios });
}

function hasWantedTags({ tags }: Scenario, { tag: wanted = [], skipTag: unwanted = [] }: RunCommandOptions): boolean {
  if (unwanted.some((tag) => tags.includes(tag))) return false;
  return wanted.length === 0 || wanted.some((tag) => tags.includes(tag));
}

function reportNone({ allowNone }: RunCommandOptions, io: CommandIo): number {
  if (allowNone === true) return 0;
  const { code, reason } = getExit('UNKNOWN_SCENARIO');
  io.stderr.write(`exit ${code}   ${reason}\n`);
  return code;
}

async function createReporters(options: RunCommandOptions, io: CommandIo): Promise<Reporter[]> {
  const reporters = [await createMainReporter(options, io)];
  if (options.output !== undefined) {
    const { createEventFileReporter } = await import('../reporters/event-file-reporter.ts');
    reporters.push(createEventFileReporter(options.output));
  }
  return reporters;
}

async function createMainReporter(options: RunCommandOptions, io: CommandIo): Promise<Reporter> {
  switch (options.reporter) {
    case 'json':
      return (await import('../reporters/json-reporter.ts')).createJsonReporter(io.stdout);
    case 'junit':
      return (await import('../reporters/junit-reporter.ts')).createJunitReporter(io.stdout);
    case 'list': {
      const { createTerminalReporter } = await import('../reporters/terminal-reporter.ts');
      return createTerminalReporter({
        screen: createScreen({ ...io, isAsciiOnly: options.ascii === true }),
        isVerbose: options.verbose === true,
        wallNow: () => performance.now(),
      });
    }
  }
}

interface Ended {
  readonly options: RunCommandOptions;
  readonly io: CommandIo;
  readonly received: 'SIGINT' | 'SIGTERM' | undefined;
}

/** The last line, unless all is well; reports for machines stay pure. */
function printExit(summary: RunSummary, { options, io, received }: Ended): number {
  const { code, reason } = chooseRunExit(summary, received);
  const output = options.reporter === 'list' ? io.stdout : io.stderr;
  if (code !== 0) output.write(`exit ${code}   ${reason}\n`);
  return code;
}
