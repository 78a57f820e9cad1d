import type { Duplex } from 'node:stream';
import type { Clock } from '#core/clock.ts';

export interface PeekOptions<T> {
  /** Looks at all bytes received so far; undefined asks for more. */
  readonly inspect: (bytes: Buffer) => T | undefined;
  readonly clock: Clock;
  /** 0 waits for ever. */
  readonly timeoutMs: number;
}

/**
 * Looks at the first bytes of a stream and puts them back, so that whoever takes the stream next reads them again.
 *
 * Resolves with `timeout` when the verdict takes too long, and with `closed` when the stream ends before it.
 */
export function peek<T extends object>(stream: Duplex, options: PeekOptions<T>): Promise<T | 'timeout' | 'closed'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const timer =
      options.timeoutMs > 0 ? options.clock.setTimer(options.timeoutMs, () => finish('timeout')) : undefined;

    function finish(outcome: T | 'timeout' | 'closed'): void {
      timer?.cancel();
      stream.removeListener('readable', look);
      stream.removeListener('end', close);
      stream.removeListener('close', close);
      stream.removeListener('error', close);
      // Node's TLS drains what it finds buffered by itself; a resume() here would throw the bytes away (xds.md 4.7).
      if (chunks.length > 0 && outcome !== 'closed') stream.unshift(Buffer.concat(chunks));
      resolve(outcome);
    }

    function look(): void {
      for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null)
        chunks.push(chunk);
      if (chunks.length === 0) return;
      const verdict = options.inspect(Buffer.concat(chunks));
      if (verdict !== undefined) finish(verdict);
    }

    const close = () => finish('closed');
    stream.on('readable', look);
    stream.once('end', close);
    stream.once('close', close);
    stream.once('error', close);
  });
}
