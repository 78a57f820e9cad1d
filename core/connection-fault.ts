import type { Clock, Timer } from './clock.ts';
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

/** The answer arrives at `bytesPerSecond`, in order, in pieces of a tenth of a second. */
export function slowAnswer(bytesPerSecond: number): ConnectionFault {
  const pieceBytes = Math.ceil(bytesPerSecond / 10);
  return {
    name: `slow-answer ${bytesPerSecond}B/s`,
    onConnection(pair, clock) {
      const waiting: { readonly piece: Buffer | null; readonly deliver: (piece: Buffer | null) => void }[] = [];
      let timer: Timer | undefined;
      const passNext = () => {
        const [next] = waiting;
        timer =
          next &&
          clock.setTimer(((next.piece?.length ?? 0) * 1000) / bytesPerSecond, () => {
            waiting.shift();
            next.deliver(next.piece);
            passNext();
          });
      };
      pair.carry('to-client', (chunk, deliver) => {
        for (const piece of chunk === null ? [null] : split(chunk, pieceBytes)) waiting.push({ piece, deliver });
        if (timer === undefined) passNext();
      });
      pair.client.once('close', () => {
        waiting.length = 0;
        timer?.cancel();
      });
    },
  };
}

function split(chunk: Buffer, pieceBytes: number): Buffer[] {
  const pieces = Math.ceil(chunk.length / pieceBytes);
  return Array.from({ length: pieces }, (_, index) => chunk.subarray(index * pieceBytes, (index + 1) * pieceBytes));
}
