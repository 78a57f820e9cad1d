/** What a load balancer looks at. */
export interface Balanced {
  readonly weight: number;
  /** Requests under way. */
  readonly activeRequests: number;
}

/** What a choice depends on besides the candidates. */
export interface Choice {
  /** Of the request, where its route says what to hash and the request has it. */
  readonly hash?: bigint | undefined;
  /** 0, then one more for each candidate that would not do. */
  readonly attempt: number;
}

/** Chooses one of several candidates; there is at least one. */
export type LoadBalancer<T extends Balanced> = (candidates: readonly T[], choice: Choice) => T;
