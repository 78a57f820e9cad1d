import type { IncomingMessage } from 'node:http';

/**
 * Collects a request's body and calls `done` once: with the bytes, or with undefined when there were more than
 * `limitBytes`, which are read and dropped. A request that is cut off never calls it.
 *
 * A callback, because a promise per request shows in the bench.
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: (body: Buffer | undefined) => void): void {
  let first: Buffer = EMPTY;
  let rest: Buffer[] | undefined;
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > limitBytes) rest = [];
    else if (length === chunk.length) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (length > limitBytes) done(undefined);
    else done(rest === undefined ? first : Buffer.concat(rest, length));
  });
}

const EMPTY = Buffer.alloc(0);
