import {
  RoutingPriority,
  type CircuitBreakers_Thresholds_RetryBudget as RetryBudgetConfig,
  type Cluster,
} from '#xds/generated/messages.js';
import { UpstreamError } from './upstream-error.ts';

/** The most of each that a cluster may have at one time. */
export interface CircuitLimits {
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pendingRequests: number;
  readonly requests: number;
  readonly retries: number;
  /** Counts in place of a fixed number of retries, where there is one. */
  readonly retryBudget?: RetryBudget | undefined;
}

/** Retries as a part of all requests, and how many there may always be. */
export interface RetryBudget {
  /** 0 to 1. */
  readonly share: number;
  readonly minimum: number;
}

type Resource = Exclude<keyof CircuitLimits, 'retryBudget'>;

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
    retryBudget: compileRetryBudget(thresholds?.retryBudget),
  };
}

function compileRetryBudget(config: RetryBudgetConfig | undefined): RetryBudget | undefined {
  if (config === undefined) return undefined;
  return { share: (config.budgetPercent?.value ?? 20) / 100, minimum: config.minRetryConcurrency ?? 3 };
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
    return this.#used[resource] < (resource === 'retries' ? this.#findRetryLimit() : this.#limits[resource]);
  }

  #findRetryLimit(): number {
    const { retries, retryBudget } = this.#limits;
    if (retryBudget === undefined) return retries;
    const { requests, pendingRequests } = this.#used;
    return Math.max(Math.floor(retryBudget.share * (requests + pendingRequests)), retryBudget.minimum);
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
