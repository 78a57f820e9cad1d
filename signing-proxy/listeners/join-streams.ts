import type { Duplex } from 'node:stream';

/** Joins two connections byte for byte: an end on one side becomes an end on the other, a failure ends both. */
export function joinStreams(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  endTogether(one, other);
  endTogether(other, one);
}

function endTogether(gone: Duplex, left: Duplex): void {
  gone.once('error', () => left.destroy());
  // What was received before the close still has to reach the other side.
  gone.once('close', () => {
    if (left.destroyed) return;
    if (left.writableFinished) left.destroy();
    else left.end(() => left.destroy());
  });
}
