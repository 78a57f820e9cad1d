import type { Instant } from '#core/clock.ts';
import type { OutlierDetection } from '#xds/generated/messages.js';
import { toMilliseconds } from '../routing/duration-ms.ts';

/**
 * When an endpoint that answers badly is left alone for a while. Ejection by success rate or failure percentage, which
 * needs hundreds of requests and five endpoints, is not modelled.
 */
export interface OutlierPlan {
  /** 0 never ejects. */
  readonly consecutive5xx: number;
  /** Counts 502, 503 and 504 alone; 0 never ejects. */
  readonly consecutiveGatewayFailures: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** 0 to 100. One endpoint is ejected however small the share. */
  readonly maxEjectionPercent: number;
}

/** Envoy's defaults (outlier_detection.proto). */
export function compileOutlierDetection(config: OutlierDetection | undefined): OutlierPlan | undefined {
  if (config === undefined) return undefined;
  const baseEjectionMs = toMilliseconds(config.baseEjectionTime) ?? 30_000;
  const enforces5xx = (config.enforcingConsecutive5xx ?? 100) > 0;
  const enforcesGatewayFailures = (config.enforcingConsecutiveGatewayFailure ?? 0) > 0;
  return {
    consecutive5xx: enforces5xx ? (config.consecutive5xx ?? 5) : 0,
    consecutiveGatewayFailures: enforcesGatewayFailures ? (config.consecutiveGatewayFailure ?? 5) : 0,
    intervalMs: toMilliseconds(config.interval) ?? 10_000,
    baseEjectionMs,
    maxEjectionMs: Math.max(baseEjectionMs, toMilliseconds(config.maxEjectionTime) ?? 300_000),
    maxEjectionPercent: config.maxEjectionPercent ?? 10,
  };
}

/**
 * Watches the answers of one endpoint. It keeps no timer: whether an ejection is over is worked out when somebody asks, on
 * the grid of intervals on which Envoy looks.
 */
export class OutlierMonitor {
  readonly #plan: OutlierPlan;
  readonly #startedAt: Instant;
  #failures = 0;
  #gatewayFailures = 0;
  #ejections = 0;
  #ejectedUntil: Instant | undefined;

  constructor(plan: OutlierPlan, startedAt: Instant) {
    this.#plan = plan;
    this.#startedAt = startedAt;
  }

  isEjected(now: Instant): boolean {
    return this.#ejectedUntil !== undefined && now < this.#ejectedUntil;
  }

  /** Counts an answer; tells whether the endpoint deserves to be ejected now. */
  noteStatus(status: number): boolean {
    const { consecutive5xx, consecutiveGatewayFailures } = this.#plan;
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    this.#gatewayFailures = status >= 502 && status <= 504 ? this.#gatewayFailures + 1 : 0;
    return (
      (consecutive5xx > 0 && this.#failures >= consecutive5xx) ||
      (consecutiveGatewayFailures > 0 && this.#gatewayFailures >= consecutiveGatewayFailures)
    );
  }

  /** Each ejection lasts one base time longer than the one before; every quiet interval takes one off again. */
  eject(now: Instant): void {
    const { intervalMs, baseEjectionMs, maxEjectionMs } = this.#plan;
    const quietIntervals = Math.floor((now - (this.#ejectedUntil ?? now)) / intervalMs);
    this.#ejections = Math.max(0, this.#ejections - quietIntervals) + 1;
    const end = now + Math.min(this.#ejections * baseEjectionMs, maxEjectionMs) - this.#startedAt;
    this.#ejectedUntil = this.#startedAt + Math.ceil(end / intervalMs) * intervalMs;
    this.#failures = 0;
    this.#gatewayFailures = 0;
  }
}
