import type { Duplex, Readable } from 'node:stream';
import type { EncodedHead } from './encode-request.ts';

export interface OutgoingRequest {
  readonly stream: Duplex;
  readonly head: EncodedHead;
  readonly body: Buffer | Readable | undefined;
}

/** Writes a request. `done` is called once, with the error when the body's source broke off. */
export function writeBody(request: OutgoingRequest, done: (error?: unknown) => void): void {
  const { stream, head, body } = request;
  if (body === undefined || body instanceof Uint8Array) {
    stream.write(body === undefined ? head.bytes : Buffer.concat([head.bytes, frameWhole(head, body)]));
    done();
    return;
  }
  stream.write(head.bytes);
  pumpBody(request, body, done);
}

function pumpBody({ stream, head }: OutgoingRequest, body: Readable, done: (error?: unknown) => void): void {
  const isChunked = head.framing === 'chunked';
  const resume = () => void body.resume();
  // Nobody needs the rest of the body once the connection is gone.
  const giveUp = () => finish();
  let isDone = false;
  const finish = (error?: unknown) => {
    if (isDone) return;
    isDone = true;
    stream.removeListener('drain', resume);
    stream.removeListener('close', giveUp);
    done(error);
  };
  stream.on('drain', resume);
  stream.on('close', giveUp);
  body.on('data', (chunk: Buffer) => {
    if (isDone || stream.destroyed) return;
    const isRoomLeft = stream.write(isChunked ? frameChunk(chunk) : chunk);
    if (!isRoomLeft) body.pause();
  });
  body.once('end', () => {
    if (isChunked && !stream.destroyed) stream.write('0\r\n\r\n');
    finish();
  });
  body.once('error', finish);
  body.once('close', () => finish(new Error('the request body broke off')));
  // Somebody may have begun to read it and paused.
  body.resume();
}

function frameWhole(head: EncodedHead, body: Buffer): Buffer {
  if (head.framing !== 'chunked') return body;
  return Buffer.concat([body.length === 0 ? body : frameChunk(body), Buffer.from('0\r\n\r\n')]);
}

function frameChunk(chunk: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
}
