import { CommanderError } from 'commander';
import type { CommandIo } from './command-io.ts';
import { getExit } from './exit-codes.ts';
import { HELP } from './help.ts';
import { printError } from './print-error.ts';
import { createProgram } from './program.ts';

/** Runs one command line. Never throws; resolves with the exit code (`ux.md`, "Exit codes"). */
export async function main(parameters: readonly string[], io: CommandIo): Promise<number> {
  if (parameters.length === 0) return refuse('no command given', io);
  let exitCode = 0;
  try {
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync(parameters, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return endByCommander(error, io);
    return printError(error, io.stderr);
  }
}

/** commander has printed its message; help that was asked for is no mistake. */
function endByCommander(error: CommanderError, io: CommandIo): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.unknownCommand') io.stderr.write(`\n${HELP}`);
  return end(io);
}

function refuse(fact: string, io: CommandIo): number {
  io.stderr.write(`error: ${fact}\n\n${HELP}`);
  return end(io);
}

function end(io: CommandIo): number {
  const { code, reason } = getExit('USAGE');
  io.stderr.write(`exit ${code}   ${reason}\n`);
  return code;
}
