import type { Instant } from '#core/clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { Balanced } from './balancing/types.ts';
import type { OutlierMonitor } from './outlier-detection.ts';
import { SessionPool, type SessionPoolOptions } from './session-pool.ts';

/** One endpoint with the connections to it. */
export class Host implements Balanced {
  endpoint: Endpoint;
  activeRequests = 0;
  /** The part of its weight that counts, below 1 while it is new to a cluster that starts endpoints slowly. */
  warmth = 1;
  readonly addedAt: Instant;
  /** Undefined where the cluster ejects nobody. */
  readonly outlier: OutlierMonitor | undefined;
  readonly #pools = new Map<string, SessionPool>();

  constructor(endpoint: Endpoint, addedAt: Instant, outlier?: OutlierMonitor) {
    this.endpoint = endpoint;
    this.addedAt = addedAt;
    this.outlier = outlier;
  }

  get weight(): number {
    return this.endpoint.weight * this.warmth;
  }

  isUsable(now: Instant): boolean {
    return this.endpoint.isHealthy && !this.isEjected(now);
  }

  isEjected(now: Instant): boolean {
    return this.outlier?.isEjected(now) === true;
  }

  /** The connections of one kind: requests with different SNIs or protocols do not share any. */
  getPool(kind: string, createOptions: () => SessionPoolOptions): SessionPool {
    const pool = this.#pools.get(kind) ?? new SessionPool(createOptions());
    this.#pools.set(kind, pool);
    return pool;
  }

  hasConnections(): boolean {
    return Array.from(this.#pools.values()).some((pool) => pool.size > 0);
  }

  drain(): void {
    for (const pool of this.#pools.values()) pool.drain();
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
  }
}
