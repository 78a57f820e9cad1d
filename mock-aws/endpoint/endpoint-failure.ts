/** A way for an endpoint to misbehave: plain data, so that scenarios can hold it. */
export type EndpointFailure =
  /** The right answer, late. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Another answer; without a text it is the one the endpoint writes for that status. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  /** 200 and a text that is no document. Default: one that is cut off. */
  | { readonly kind: 'malformed'; readonly body?: string }
  /** Credentials whose life is over. */
  | { readonly kind: 'expired' }
  /** The request arrives and the connection is reset. */
  | { readonly kind: 'reset' }
  /** The request arrives and nothing ever comes back. */
  | { readonly kind: 'silent' };

/** Which requests a failure concerns. Default: all, until it is disposed. */
export interface FailureWindow {
  /** How many matching requests pass before the first one fails. Default 0. */
  readonly after?: number;
  /** How many requests fail. Default: every one. */
  readonly times?: number;
  /** Only requests whose method and target fit, such as `/^PUT /` or `/AssumeRole/`. */
  readonly request?: RegExp;
}
