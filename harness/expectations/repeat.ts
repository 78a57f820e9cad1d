import type { Clock } from '#core/clock.ts';
import { MeshrigError, messageOf } from '#core/errors.ts';
import { formatDuration, parseDuration, type DurationText } from '../duration.ts';
import type { AlwaysOptions, EventuallyOptions } from './scenario-expect.ts';

/** One try: resolves when it holds, rejects with the reason when not. */
export type Check = () => Promise<void>;

/** How a repeated check ended. */
export interface Repetition {
  readonly attempts: number;
  /** The last failure of a check that did not hold. */
  readonly failure?: unknown;
  /** What to say about it, such as `did not hold within 10.0s (101 tries)`. */
  readonly summary: string;
}

/** A try of `always` may end after its period, but not never. */
const STUCK_TRY_MS = 60_000;

/** Tries `check` until it held `inARow` times, or until time is up. Time is the clock's. */
export async function eventually(check: Check, options: EventuallyOptions, clock: Clock): Promise<Repetition> {
  const withinMs = toMilliseconds(options.within ?? '10s');
  const everyMs = toMilliseconds(options.every ?? '100ms');
  const wanted = options.inARow ?? 1;
  const deadline = clock.now() + withinMs;
  let attempts = 0;
  let inARow = 0;
  let failure: unknown;

  for (;;) {
    attempts++;
    try {
      await withinTime(check, clock, deadline);
      inARow++;
    } catch (error) {
      inARow = 0;
      // What an earlier try saw says more than that the last one was cut off.
      if (failure === undefined || !(error instanceof UnendedTryError)) failure = error;
    }
    if (inARow >= wanted) return { attempts, summary: `held ${describeTries(attempts)}` };
    if (clock.now() + everyMs > deadline) break;
    await clock.sleep(everyMs);
  }
  failure ??= new MeshrigError('EXPECTATION_FAILED', `held only ${inARow} of ${wanted} times in a row`);
  return { attempts, failure, summary: `did not hold within ${formatDuration(withinMs)} (${countTries(attempts)})` };
}

/** Tries `check` for as long as asked, or until it does not hold. Time is the clock's. */
export async function always(check: Check, options: AlwaysOptions, clock: Clock): Promise<Repetition> {
  const duringMs = toMilliseconds(options.during ?? '2s');
  const everyMs = toMilliseconds(options.every ?? '100ms');
  const start = clock.now();
  let attempts = 0;

  while (attempts === 0 || clock.now() < start + duringMs) {
    attempts++;
    try {
      await withinTime(check, clock, clock.now() + STUCK_TRY_MS);
    } catch (failure) {
      const held = formatDuration(clock.now() - start);
      return { attempts, failure, summary: `held for ${held} only (failed at try ${attempts})` };
    }
    await clock.sleep(Math.min(everyMs, start + duringMs - clock.now()));
  }
  return { attempts, summary: `held for ${formatDuration(duringMs)} (${countTries(attempts)})` };
}

class UnendedTryError extends MeshrigError {
  constructor() {
    super('EXPECTATION_FAILED', 'the try had not ended when time was up');
  }
}

/** A try that never ends must not outlive the deadline. */
async function withinTime(check: Check, clock: Clock, deadline: number): Promise<void> {
  const givenUp = new AbortController();
  const limit = clock.sleep(Math.max(0, deadline - clock.now()), givenUp.signal).then(
    () => {
      throw new UnendedTryError();
    },
    () => {},
  );
  try {
    await Promise.race([check(), limit]);
  } finally {
    givenUp.abort();
  }
}

function toMilliseconds(text: DurationText): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to read duration "${text}": it is not like 500ms, 2s, 10m or 1h`,
    );
  }
  return durationMs;
}

function describeTries(attempts: number): string {
  return attempts === 1 ? 'at the first try' : `at try ${attempts}`;
}

function countTries(attempts: number): string {
  return attempts === 1 ? '1 try' : `${attempts} tries`;
}

/** The summary with the last failure's reason. */
export function describeRepetition(repetition: Repetition): string {
  if (repetition.failure === undefined) return repetition.summary;
  return `${repetition.summary}: ${messageOf(repetition.failure)}`;
}
