import { MeshrigError } from '#core/errors.ts';
import { createRealClock } from '#core/real-clock.ts';
import { formatDuration } from '../duration.ts';
import type { CommandIo } from './command-io.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface InterruptionOptions {
  readonly io: Pick<CommandIo, 'stderr' | 'readersGone'>;
  /** Wall time after which the run ends. */
  readonly limitMs?: number;
}

/** Ends a run on ctrl-c, on SIGTERM, when nobody reads its output any more, or when its time is up. */
export interface Interruption extends Disposable {
  /** Its reason is a MeshrigError `INTERRUPTED` or `TIME_LIMIT`. */
  readonly signal: AbortSignal;
  received(): StopSignal | undefined;
  /** Resolves with the exit code of a command that serves until it is stopped. */
  readonly stopped: Promise<number>;
}

/** The first signal stops and cleans up; the second leaves at once. */
export function watchInterruption({ io, limitMs }: InterruptionOptions): Interruption {
  const controller = new AbortController();
  let received: StopSignal | undefined;

  function stop(name: StopSignal): void {
    if (received !== undefined) leaveAtOnce(name, io);
    received = name;
    io.stderr.write(`${name}: stopping and cleaning up; a second one leaves at once\n`);
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
  const stopUnread = () => controller.abort(new MeshrigError('INTERRUPTED', 'nobody reads the output any more'));
  if (io.readersGone.aborted) stopUnread();
  io.readersGone.addEventListener('abort', stopUnread, { once: true });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const { signal } = controller;
  return {
    signal,
    received: () => received,
    stopped: new Promise((resolve) => {
      const end = () => resolve(received === 'SIGTERM' ? 143 : 130);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    }),
    [Symbol.dispose]() {
      timer?.cancel();
      io.readersGone.removeEventListener('abort', stopUnread);
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}

/** Everything embedded lives in this process and its children's pipes, and ends with it. */
function leaveAtOnce(name: StopSignal, { stderr }: Pick<CommandIo, 'stderr'>): never {
  stderr.write(`${name} again: left without cleaning up; temporary folders "meshrig-*" may remain\n`);
  process.exit(name === 'SIGINT' ? 130 : 143);
}
