import type { Readable } from 'node:stream';
import type { HeaderMap } from './header-map.ts';
import { readBody } from './read-body.ts';

/** The body of a request: still on its way, or in memory once somebody had to see all of it. */
export class RequestBody {
  #content: Readable | Buffer | undefined;
  #isHeld = false;
  /** Most bytes held in memory. */
  readonly limitBytes: number;
  /** What came behind the body. Ask once it has ended. */
  readonly findTrailers: () => HeaderMap | undefined;

  constructor(
    content: Readable | Buffer | undefined,
    options: { limitBytes: number; findTrailers: () => HeaderMap | undefined },
  ) {
    this.#content = content;
    this.limitBytes = options.limitBytes;
    this.findTrailers = options.findTrailers;
  }

  /** Whether the request came, or now goes on, with a body. */
  get isPresent(): boolean {
    return this.#content !== undefined;
  }

  /** Whether all of it is kept, so that it can be sent again. */
  get isHeld(): boolean {
    return this.#isHeld || this.#content === undefined;
  }

  /**
   * Reads the rest of the body into memory, where it stays; at once where it has arrived.
   *
   * @throws BodyTooLargeError above the limit, or above a smaller one that is given
   */
  read(limitBytes = this.limitBytes): Buffer | undefined | Promise<Buffer> {
    const content = this.#content;
    if (content === undefined || (this.#isHeld && Buffer.isBuffer(content))) return content;
    const whole = readBody(content, Math.min(limitBytes, this.limitBytes));
    return whole instanceof Promise ? whole.then((body) => this.#hold(body)) : this.#hold(whole);
  }

  replace(body: Buffer): void {
    this.#hold(body);
  }

  /** The same body for one of several attempts, which may replace it for itself. One that is a stream can be shared once. */
  share(): RequestBody {
    return new RequestBody(this.#content, this);
  }

  /** Calls when the request has arrived to its end, at once if it has. */
  whenComplete(listener: () => void): void {
    const content = this.#content;
    if (content === undefined || Buffer.isBuffer(content) || content.readableEnded) listener();
    else content.once('end', listener);
  }

  /** What goes to the upstream. A stream can be sent once. */
  get content(): Readable | Buffer | undefined {
    return this.#content;
  }

  #hold(body: Buffer): Buffer {
    this.#content = body;
    this.#isHeld = true;
    return body;
  }
}
