import type { Readable } from 'node:stream';
import { readBody } from './read-body.ts';

/** The body of a request: still on its way, or in memory once somebody had to see all of it. */
export class RequestBody {
  #content: Readable | Buffer | undefined;
  #isHeld = false;
  /** Most bytes held in memory. */
  readonly limitBytes: number;

  constructor(content: Readable | Buffer | undefined, limitBytes: number) {
    this.#content = content;
    this.limitBytes = limitBytes;
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
   * Reads the rest of the body into memory, where it stays.
   *
   * @throws BodyTooLargeError above the limit, or above a smaller one that is given
   */
  async read(limitBytes = this.limitBytes): Promise<Buffer | undefined> {
    const content = this.#content;
    if (content === undefined || (this.#isHeld && Buffer.isBuffer(content))) return content;
    const whole = await readBody(content, Math.min(limitBytes, this.limitBytes));
    this.replace(whole);
    return whole;
  }

  replace(body: Buffer): void {
    this.#content = body;
    this.#isHeld = true;
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
}
