/** A host with its part of all requests, 0 to 1, and the text that its places follow from. */
export interface Share<T> {
  readonly host: T;
  readonly key: string;
  readonly share: number;
}

/** Finds the same host for the same hash, as long as the hosts are the same. */
export interface HashTable<T> {
  /** @param attempt 0, then one more for every host that would not do */
  find(hash: bigint, attempt: number): T | undefined;
}
