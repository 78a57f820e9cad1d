import { pipeline, Transform, type Readable } from 'node:stream';

/** Passes a body on and tells of every chunk, without starting to read before its consumer does. */
export function watchBody(body: Readable, onChunk: (size: number) => void): Readable {
  const watched = new Transform({
    transform(chunk, _encoding, done) {
      onChunk(Buffer.byteLength(chunk as Buffer));
      done(null, chunk);
    },
  });
  // Errors reach the consumer of the watched stream; there is nothing to add here.
  pipeline(body, watched, () => undefined);
  return watched;
}
