/** How far a proxy is with what its control plane has for it. ACKed and serving are different things (xds.md 2.2). */
export type SyncStep =
  /** A change waits in the control plane: for its debounce, or for its turn. proxy-status knows nothing of it. */
  | 'not sent'
  /** Sent, and not answered. */
  | 'not acked'
  /** The proxy refused it and goes on with what it had; of a refused response good listeners and clusters serve. */
  | 'rejected'
  /** Accepted, but something that it needs has not come. */
  | 'warming'
  | 'serving';

/** One proxy and one type of resource. */
export interface SyncState {
  /** `<pod>.<namespace>` */
  readonly proxy: string;
  /** `LDS` */
  readonly resourceType: string;
  readonly step: SyncStep;
  /** The version that was sent last. */
  readonly version: string;
  /** What was wrong with a refused version, or what a warming one waits for. */
  readonly detail?: string;
  /** Names of what warms up. */
  readonly warming?: readonly string[];
}
