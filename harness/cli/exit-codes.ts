import type { MeshrigErrorCode } from '#core/errors.ts';
import { countOf } from '../reporters/text-layout.ts';
import type { RunSummary, ScenarioResult } from '../results.ts';

/** How the process ends: the code for machines, the reason for people. */
export interface Exit {
  readonly code: number;
  readonly reason: string;
}

/** `ux.md`, "Exit codes". */
const EXITS: Readonly<Record<MeshrigErrorCode, Exit>> = {
  EXPECTATION_FAILED: { code: 1, reason: 'a scenario did not hold' },
  USAGE: { code: 2, reason: 'wrong command line' },
  INVALID_CONFIG: { code: 3, reason: 'a config file is not valid; nothing was run' },
  INVALID_MANIFEST: { code: 3, reason: 'a manifest is not valid' },
  INVALID_REQUEST: { code: 3, reason: 'the request is not valid' },
  INVALID_SCENARIO: { code: 3, reason: 'a scenario is not valid' },
  UNREADABLE_FILE: { code: 3, reason: 'a file could not be read' },
  UNKNOWN_SCENARIO: { code: 4, reason: 'no scenario matched' },
  ENVIRONMENT: { code: 5, reason: 'the environment is not ready' },
  PORT_IN_USE: { code: 5, reason: 'a port is taken' },
  UNREACHABLE: { code: 5, reason: 'the environment is not ready' },
  BUG: { code: 6, reason: 'a bug in meshrig; please report it' },
  LEAK: { code: 7, reason: 'something could not be cleaned up' },
  TIME_LIMIT: { code: 8, reason: 'the time limit of the run was reached' },
  INTERRUPTED: { code: 130, reason: 'interrupted' },
};

/** Which code wins when several apply; codes for "nothing was run" come right after the environment's. */
const PRECEDENCE = [143, 130, 6, 5, 3, 8, 1, 7];

export function getExit(code: MeshrigErrorCode): Exit {
  return EXITS[code];
}

/** How a run ends. Code 0 has no reason to print. */
export function chooseRunExit(summary: RunSummary, signal: 'SIGINT' | 'SIGTERM' | undefined): Exit {
  const exits = [...findStopExit(summary, signal), ...summary.results.flatMap(findResultExits)];
  const [worst] = exits.sort((a, b) => PRECEDENCE.indexOf(a.code) - PRECEDENCE.indexOf(b.code));
  if (worst === undefined) return { code: 0, reason: '' };
  return { code: worst.code, reason: describe(worst, summary.results) };
}

function findStopExit({ stopped }: RunSummary, signal: string | undefined): Exit[] {
  if (stopped === undefined) return [];
  if (signal === 'SIGTERM') return [{ code: 143, reason: 'terminated' }];
  return [getExit(stopped.code)];
}

function findResultExits({ failure, leaks }: ScenarioResult): Exit[] {
  const leak = leaks.length === 0 ? [] : [getExit('LEAK')];
  return failure === undefined ? leak : [getExit(failure.code), ...leak];
}

function describe(exit: Exit, results: readonly ScenarioResult[]): string {
  if (exit.code !== 1) return exit.reason;
  return `${countOf(results.filter((result) => result.outcome === 'failed').length, 'scenario')} failed`;
}
