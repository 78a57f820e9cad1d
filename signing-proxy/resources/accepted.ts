/** A resource that was accepted: what was made of it, and what it was made of. */
export interface Accepted<T> {
  readonly name: string;
  readonly value: T;
  readonly version: string;
  /** The message as it came, for comparing with the next one and for dumps. */
  readonly raw: Uint8Array;
}
