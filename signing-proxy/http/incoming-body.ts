import { Readable } from 'node:stream';

/** The part of a body that is still on its way. Whoever parses it pushes; reading makes room for more. */
export class IncomingBody extends Readable {
  readonly #makeRoom: () => void;
  readonly #onDestroy: (error: Error | null) => void;

  constructor(makeRoom: () => void, onDestroy: (error: Error | null) => void = () => {}) {
    super();
    this.#makeRoom = makeRoom;
    this.#onDestroy = onDestroy;
    // It may break off before anybody listens; a reader that comes later finds it destroyed.
    this.on('error', () => {});
  }

  override _read(): void {
    this.#makeRoom();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onDestroy(error);
    done(error);
  }
}
