import { Duplex } from 'node:stream';

/** A connection that the other side has ended, and whose own last bytes stay on their way: emits `ending` then. */
export class EndingConnection extends Duplex {
  constructor(received: Buffer) {
    super();
    this.push(received);
    this.push(null);
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  override _final(): void {
    this.emit('ending');
  }
}
