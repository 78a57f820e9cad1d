/** Matchers about `KubeCluster.sync()`. Each throws when the value is no list of sync states. */
export interface SyncMatchers {
  /** Every proxy accepted the newest of these types: it will serve it, perhaps not yet. Default: of every type. */
  toHaveAcked(...resourceTypes: string[]): void;
  /** Every proxy serves new connections by the newest of these types, which is later than its ACK. Default: of every type. */
  toBeServing(...resourceTypes: string[]): void;
}
