import { STATUS_CODES } from 'node:http';

/** A request that ends here, before the connection manager sees it, and its connection with it. */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError';
  readonly status: number;
  readonly body: string;

  constructor(status: number, body = STATUS_CODES[status] ?? '') {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
  }
}
