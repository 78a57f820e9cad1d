import type { Clock } from './clock.ts';
import type { ConnectionPair } from './connection.ts';
import { createSystemError } from './errors.ts';

/** Something that goes wrong on a hop, as a value. */
export interface ConnectionFault {
  readonly name: string;
  /** Runs before the connection exists; a rejection is what the caller's connect fails with. */
  readonly beforeConnect?: (clock: Clock, signal: AbortSignal | undefined) => Promise<void>;
  /** Runs once the two ends exist, before the listener sees its end. */
  readonly onConnection?: (pair: ConnectionPair, clock: Clock) => void;
}

/** Every connect takes `delayMs` longer. */
export function slowConnect(delayMs: number): ConnectionFault {
  return { name: `slow-connect ${delayMs}ms`, beforeConnect: (clock, signal) => clock.sleep(delayMs, signal) };
}

/** Nothing answers: a connect waits until its own timeout. */
export function blackHole(): ConnectionFault {
  return {
    name: 'black-hole',
    beforeConnect: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
  };
}

/** Connects are refused, as by a machine where nobody listens. */
export function refuseConnect(): ConnectionFault {
  return {
    name: 'refuse-connect',
    beforeConnect: () => Promise.reject(createSystemError('ECONNREFUSED', 'the connection was refused')),
  };
}

/** Bytes arrive `delayMs` later, in order. */
export function latency(delayMs: number): ConnectionFault {
  return {
    name: `latency ${delayMs}ms`,
    onConnection(pair, clock) {
      for (const direction of ['to-server', 'to-client'] as const) {
        pair.carry(direction, (chunk, deliver) => void clock.setTimer(delayMs, () => deliver(chunk)));
      }
    },
  };
}

/** The answer is cut after `bytes` bytes and the connection reset. */
export function cutAfter(bytes: number): ConnectionFault {
  return {
    name: `cut-after ${bytes}B`,
    onConnection(pair) {
      let left = bytes;
      pair.carry('to-client', (chunk, deliver) => {
        if (left <= 0) return;
        deliver(chunk?.subarray(0, left) ?? null);
        left -= chunk?.length ?? 0;
        if (left <= 0) queueMicrotask(() => pair.server.reset());
      });
    },
  };
}

/** The answer arrives at `bytesPerSecond`, in order. */
export function slowAnswer(bytesPerSecond: number): ConnectionFault {
  return {
    name: `slow-answer ${bytesPerSecond}B/s`,
    onConnection(pair, clock) {
      let freeAt = clock.now();
      pair.carry('to-client', (chunk, deliver) => {
        freeAt = Math.max(freeAt, clock.now()) + ((chunk?.length ?? 0) * 1000) / bytesPerSecond;
        void clock.setTimer(freeAt - clock.now(), () => deliver(chunk));
      });
    },
  };
}
