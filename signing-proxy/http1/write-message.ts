import type { Readable, Writable } from 'node:stream';

export interface OutgoingMessage {
  readonly stream: Writable;
  /** With the empty line behind it, in characters below 256. */
  readonly head: string;
  readonly isChunked: boolean;
  readonly body: Buffer | Readable | undefined;
}

type Done = (bodyError?: unknown) => void;

/**
 * Writes a message, what is known of it at once in one write. `done` is called when the last byte has left, or with the error
 * of a body that broke off; where nobody waits for that, the stream is spared a turn. A stream that fails is no concern of this:
 * its owner hears of that.
 */
export function writeMessage(message: OutgoingMessage, done?: Done): void {
  const { stream, head, isChunked, body } = message;
  if (body === undefined || Buffer.isBuffer(body)) {
    const whole = encodeWhole(head, isChunked, body);
    if (done === undefined) stream.write(whole);
    else stream.write(whole, (error) => (error === null || error === undefined ? done() : undefined));
    return;
  }
  stream.cork();
  stream.write(head, 'latin1');
  pumpBody(message, body, done ?? (() => {}));
  // By then what the body has already is written, too.
  process.nextTick(() => stream.uncork());
}

function pumpBody({ stream, isChunked }: OutgoingMessage, body: Readable, done: Done): void {
  const resume = () => void body.resume();
  const leave = () => {
    stream.removeListener('drain', resume);
    stream.removeListener('close', leave);
    body.removeListener('data', pass);
    body.removeListener('end', end);
    body.removeListener('error', fail);
    body.removeListener('close', breakOff);
  };
  const pass = (chunk: Buffer) => {
    if (!stream.write(isChunked ? encodeChunk(chunk) : chunk)) body.pause();
  };
  const end = () => {
    leave();
    stream.write(isChunked ? LAST_CHUNK : '', (error) => {
      if (error === null || error === undefined) done();
    });
  };
  const fail = (error: unknown) => {
    leave();
    done(error);
  };
  const breakOff = () => fail(new Error('the body broke off'));
  stream.on('drain', resume);
  stream.on('close', leave);
  body.on('data', pass);
  body.on('end', end);
  body.on('error', fail);
  body.on('close', breakOff);
  // Somebody may have begun to read it and paused.
  body.resume();
}

const LAST_CHUNK = '0\r\n\r\n';

function encodeWhole(head: string, isChunked: boolean, body: Buffer | undefined): Buffer {
  const hasBody = body !== undefined && body.length > 0;
  if (!isChunked) return hasBody ? join(head, body, '') : Buffer.from(head, 'latin1');
  return hasBody
    ? join(`${head}${body.length.toString(16)}\r\n`, body, `\r\n${LAST_CHUNK}`)
    : Buffer.from(head + LAST_CHUNK, 'latin1');
}

function encodeChunk(chunk: Buffer): Buffer {
  return join(`${chunk.length.toString(16)}\r\n`, chunk, '\r\n');
}

function join(before: string, bytes: Buffer, after: string): Buffer {
  const joined = Buffer.allocUnsafe(before.length + bytes.length + after.length);
  joined.write(before, 0, 'latin1');
  joined.set(bytes, before.length);
  joined.write(after, before.length + bytes.length, 'latin1');
  return joined;
}
