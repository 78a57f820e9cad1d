import { RoutingPriority, type Cluster } from '#xds/generated/messages.js';
import { UpstreamError } from './upstream-error.ts';

/** The most of each that a cluster may have at one time. */
export interface CircuitLimits {
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pendingRequests: number;
  readonly requests: number;
  readonly retries: number;
}

type Resource = keyof CircuitLimits;

/** Envoy's defaults (circuit_breaker.proto). Istio writes the largest number instead. */
const DEFAULTS: CircuitLimits = { connections: 1024, pendingRequests: 1024, requests: 1024, retries: 3 };

/** Reads the thresholds of the default priority; routes of high priority are not told apart. */
export function compileCircuitLimits({ circuitBreakers }: Cluster): CircuitLimits {
  const thresholds = circuitBreakers?.thresholds.find(({ priority }) => priority === RoutingPriority.DEFAULT);
  return {
    connections: thresholds?.maxConnections ?? DEFAULTS.connections,
    pendingRequests: thresholds?.maxPendingRequests ?? DEFAULTS.pendingRequests,
    requests: thresholds?.maxRequests ?? DEFAULTS.requests,
    retries: thresholds?.maxRetries ?? DEFAULTS.retries,
  };
}

/** Counts what a cluster uses, over all its endpoints. */
export class CircuitBreaker {
  readonly #limits: CircuitLimits;
  readonly #used: Record<Resource, number> = { connections: 0, pendingRequests: 0, requests: 0, retries: 0 };

  constructor(limits: CircuitLimits) {
    this.#limits = limits;
  }

  /** How many are in use. */
  count(resource: Resource): number {
    return this.#used[resource];
  }

  hasRoom(resource: Resource): boolean {
    return this.#used[resource] < this.#limits[resource];
  }

  /** Takes one whether there is room or not: Envoy grants every pool its first connection. */
  take(resource: Resource): void {
    this.#used[resource]++;
  }

  /** @throws UpstreamError `overflow` when there is no room */
  enter(resource: Resource): void {
    if (!this.hasRoom(resource)) throw new UpstreamError({ reason: 'overflow', flag: 'UO', retryKind: 'none' });
    this.#used[resource]++;
  }

  leave(resource: Resource): void {
    this.#used[resource]--;
  }
}
