/** Bytes that are not the HTTP/1 message they should be. */
export class Http1SyntaxError extends Error {
  override readonly name: string = 'Http1SyntaxError';
}

/** A head that is longer than its reader takes. */
export class HeadTooLargeError extends Http1SyntaxError {
  override readonly name = 'HeadTooLargeError';

  constructor() {
    super('the headers are too large');
  }
}
