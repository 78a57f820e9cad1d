/** Why work for a request stops: its caller left, or was answered without it. */
export class CallerGoneError extends Error {
  constructor() {
    super('the caller has gone');
    this.name = 'CallerGoneError';
  }
}
