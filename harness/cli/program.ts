import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { AwsCommandOptions } from './aws-command.ts';
import type { CommandIo } from './command-io.ts';
import { HELP } from './help.ts';
import type { ListCommandOptions } from './list-command.ts';
import type { ProxyCommandOptions } from './proxy-command.ts';
import type { RunCommandOptions } from './run-command.ts';

interface ExplainCommandOptions {
  readonly json?: boolean;
  readonly now?: string;
  readonly region?: string;
  readonly service?: string;
  readonly pathRule?: 'normalized' | 'raw';
}

/** The command line. Each command's module is imported when it is the one asked for; `finish` gets its exit code. */
export function createProgram(io: CommandIo, finish: (exitCode: number) => void): Command {
  const program = new Command('meshrig')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .showSuggestionAfterError()
    .version(readVersion());
  // commander would list commands and options of each; ours names the make targets and groups the options.
  program.helpInformation = () => HELP;
  addRun(program, io, finish);
  addList(program, io, finish);
  addExplain(program, io, finish);
  addAws(program, io, finish);
  addProxy(program, io, finish);
  return program;
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

type Finish = (exitCode: number) => void;

function addRun(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('run [name...]')
    .description(
      'run scenarios; a family such as "port-forward" chooses all below it. One that runs alone opens its ports on 127.0.0.1',
    )
    .option('--seed <seed>', 'repeat the run that printed this seed')
    .addOption(
      new Option('--reporter <kind>', 'what goes to stdout').choices(['list', 'json', 'junit']).default('list'),
    )
    .option('--output <dir>', "write each scenario's events to <dir>/<name>/events.jsonl")
    .addOption(
      new Option('--without <role>', 'leave out the steps that fix, or the faults: the scenario must fail').choices([
        'fix',
        'fault',
      ]),
    )
    .option('--fail-fast', 'stop after the first scenario that does not hold')
    .option('--timeout <duration>', 'time limit of the whole run', '10m')
    .option('--workers <count>', 'how many threads run scenarios (default: one for each core)')
    .option('--verbose', 'print the steps of every scenario')
    .option('--ascii', 'spell every character that is not ASCII')
    .option('--allow-none', 'choosing no scenario is no failure')
    .addOption(createTagOption('--tag <tag>', 'only scenarios with this tag (again for more)'))
    .addOption(createTagOption('--skip-tag <tag>', 'no scenario with this tag (again for more)'))
    .option('--scenarios <dir>', 'the folder of scenario files (default: those of meshrig)')
    .action(async (names: string[], options: RunCommandOptions) => {
      const { runCommand } = await import('./run-command.ts');
      finish(await runCommand(names, options, io));
    });
}

function addList(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('list [name...]')
    .description('names, backends and tags of scenarios')
    .option('--json', 'print them as JSON, with their sources')
    .addOption(createTagOption('--tag <tag>', 'only scenarios with this tag (again for more)'))
    .option('--scenarios <dir>', 'the folder of scenario files (default: those of meshrig)')
    .action(async (names: string[], options: ListCommandOptions) => {
      const { listCommand } = await import('./list-command.ts');
      finish(await listCommand(names, options, io));
    });
}

function addExplain(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('explain [file]')
    .description(
      'why was this request refused? Reads a raw HTTP request, the trace of curl -v, an Envoy debug log or an AWS error; "-" (default) is standard input',
    )
    .option('--json', 'print the verdict as one JSON object')
    .option('--now <time>', 'when the request arrived: 2015-08-30T12:36:00Z or 20150830T123600Z (default: now)')
    .option('--region <region>', 'the region that checks (default: the one in the credential scope)')
    .option('--service <service>', 'the service that checks (default: the one in the credential scope)')
    .addOption(new Option('--path-rule <rule>', 'how the path is canonicalised').choices(['normalized', 'raw']))
    .addHelpText('after', '\nKeys come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.')
    .action(async (file: string | undefined, options: ExplainCommandOptions) => {
      const { runExplain } = await import('./explain-command.ts');
      const { createRealClock } = await import('#core/real-clock.ts');
      const clock = createRealClock();
      const input = { ...options, file: file ?? '-', json: options.json === true };
      const { stdin, stdout, stderr, environment } = io;
      finish(await runExplain(input, { stdin, stdout, stderr, env: environment, clockNow: () => clock.now() }));
    });
}

function addAws(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('aws')
    .description('serve the strict mock AWS (Lambda, IAM, STS) to clients outside, until ctrl-c')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', '4566')
    .option('--config <file>', 'users, access keys and functions to start with, as YAML')
    .addOption(
      new Option(
        '--host-policy <policy>',
        'own-port counts its own port in Host as the default one; strict drops it, as AWS',
      ).choices(['own-port', 'strict']),
    )
    .action(async (options: AwsCommandOptions) => {
      const { awsCommand } = await import('./aws-command.ts');
      finish(await awsCommand(options, io));
    });
}

function addProxy(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('proxy')
    .description('run the data plane alone, from an Envoy bootstrap file, until SIGTERM or ctrl-c')
    .requiredOption('--bootstrap <file>', 'static resources, ADS and admin address, as YAML or JSON')
    .option('--dialect <name>', 'the release of Envoy to imitate', 'envoy-1.30')
    .option('--log-level <levels>', 'as Istio writes them: "debug", "warning,http:debug"', 'warning')
    .option('--drain-time <duration>', 'how long open connections may go on after the signal', '45s')
    .action(async (options: ProxyCommandOptions) => {
      const { proxyCommand } = await import('./proxy-command.ts');
      finish(await proxyCommand(options, io));
    });
}

function createTagOption(flags: string, description: string): Option {
  const collect = (tag: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), tag];
  return new Option(flags, description).argParser(collect);
}
