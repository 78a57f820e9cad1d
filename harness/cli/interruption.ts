import { MeshrigError } from '#core/errors.ts';
import { createRealClock } from '#core/real-clock.ts';
import { formatDuration } from '../duration.ts';
import type { Output } from '../reporters/screen.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface InterruptionOptions {
  readonly stderr: Output;
  /** Wall time after which the run ends. */
  readonly limitMs?: number;
}

/** Ends a run on ctrl-c, on SIGTERM, or when its time is up. */
export interface Interruption extends Disposable {
  /** Its reason is a MeshrigError `INTERRUPTED` or `TIME_LIMIT`. */
  readonly signal: AbortSignal;
  received(): StopSignal | undefined;
}

/** The first signal stops and cleans up; the second leaves at once. */
export function watchInterruption({ stderr, limitMs }: InterruptionOptions): Interruption {
  const controller = new AbortController();
  let received: StopSignal | undefined;

  function stop(name: StopSignal): void {
    if (received !== undefined) leaveAtOnce(name, stderr);
    received = name;
    stderr.write(`${name}: stopping and cleaning up; a second one leaves at once\n`);
    controller.abort(new MeshrigError('INTERRUPTED', `interrupted by ${name}`));
  }

  const timer =
    limitMs === undefined
      ? undefined
      : createRealClock().setTimer(limitMs, () => {
          controller.abort(
            new MeshrigError('TIME_LIMIT', `the run reached its time limit of ${formatDuration(limitMs)}`),
          );
        });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    received: () => received,
    [Symbol.dispose]() {
      timer?.cancel();
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}

/** Everything embedded lives in this process and its children's pipes, and ends with it. */
function leaveAtOnce(name: StopSignal, stderr: Output): never {
  stderr.write(`${name} again: left without cleaning up; temporary folders "meshrig-*" may remain\n`);
  process.exit(name === 'SIGINT' ? 130 : 143);
}
