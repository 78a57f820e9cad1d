import { availableParallelism } from 'node:os';
import { MeshrigError } from '#core/errors.ts';

/** A worker takes about as long to load as this many scenarios to run. */
const SCENARIOS_WORTH_A_WORKER = 4;

/**
 * How many workers run so many scenarios: as many as were asked for, or one for each core that gets enough to do. None for a
 * single scenario and, unless asked for, for a few: the thread that would start them is done sooner.
 *
 * @param asked what was given on the command line, if anything
 * @throws MeshrigError `USAGE` when that is no positive whole number
 */
export function countWorkers(scenarios: number, asked: string | undefined): number {
  const worthwhile = Math.floor(scenarios / SCENARIOS_WORTH_A_WORKER);
  const wanted = asked === undefined ? Math.min(availableParallelism(), worthwhile) : readCount(asked);
  return scenarios === 1 ? 0 : Math.min(wanted, scenarios);
}

function readCount(asked: string): number {
  if (/^[1-9]\d{0,2}$/.test(asked)) return Number(asked);
  throw new MeshrigError('USAGE', `Failed to read option "--workers": "${asked}" is no whole number from 1 to 999`);
}
