import type { Readable } from 'node:stream';
import { readBody } from './read-body.ts';

/** The body of a request: still on its way, or in memory once somebody had to see all of it. */
export class RequestBody {
  #content: Readable | Buffer | undefined;
  /** Most bytes held in memory. */
  limitBytes: number;

  constructor(content: Readable | undefined, limitBytes: number) {
    this.#content = content;
    this.limitBytes = limitBytes;
  }

  /** Whether the request came, or now goes on, with a body. */
  get isPresent(): boolean {
    return this.#content !== undefined;
  }

  /**
   * Reads the rest of the body into memory, where it stays.
   *
   * @throws BodyTooLargeError above the limit
   */
  async read(): Promise<Buffer | undefined> {
    if (this.#content === undefined || Buffer.isBuffer(this.#content)) return this.#content;
    this.#content = await readBody(this.#content, this.limitBytes);
    return this.#content;
  }

  replace(body: Buffer): void {
    this.#content = body;
  }

  /** What goes to the upstream. A stream can be sent once. */
  get content(): Readable | Buffer | undefined {
    return this.#content;
  }
}
