import type { Readable } from 'node:stream';

/** A body that is larger than the proxy holds in memory. */
export class BodyTooLargeError extends Error {
  constructor(limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLargeError';
  }
}

/**
 * Reads a body to its end, or takes one that has arrived.
 *
 * @throws BodyTooLargeError as soon as more than `limitBytes` have arrived; a stream is then as if it had never been read
 */
export function readBody(body: Readable | Buffer, limitBytes: number): Promise<Buffer> | Buffer {
  if (!Buffer.isBuffer(body)) return readStream(body, limitBytes);
  if (body.length > limitBytes) throw new BodyTooLargeError(limitBytes);
  return body;
}

function readStream(stream: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (act: () => void) => {
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      act();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitBytes) return;
      stream.pause();
      stream.unshift(Buffer.concat(chunks, size));
      finish(() => reject(new BodyTooLargeError(limitBytes)));
    };
    const onEnd = () =>
      finish(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    const onError = (error: Error) => finish(() => reject(error));
    const onClose = () => finish(() => reject(new Error('the body ended before it was complete')));
    stream.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}
