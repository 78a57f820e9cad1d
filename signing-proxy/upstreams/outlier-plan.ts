import type { OutlierDetection } from '#xds/generated/messages.js';
import { toMilliseconds } from '../routing/duration-ms.ts';

/** When an endpoint that answers badly is left alone for a while. Every count of 0 never ejects. */
export interface OutlierPlan {
  readonly consecutive5xx: number;
  /** Counts 502, 503 and 504 alone. */
  readonly consecutiveGatewayFailures: number;
  /** Counts what happens before an answer: refused connections, timeouts. Only where those are told apart. */
  readonly consecutiveLocalFailures: number;
  /** Whether what happens before an answer is no answer; otherwise it counts as 503 or 504. */
  readonly splitsLocalFailures: boolean;
  /** Looked at when an interval ends: of answers, and of what happens before them. */
  readonly rates: { readonly answers: RateRules; readonly local: RateRules };
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** 0 to 100. One endpoint is ejected however small the share. */
  readonly maxEjectionPercent: number;
}

/** Comparisons of the endpoints of a cluster; undefined for those that eject nobody. */
export interface RateRules {
  readonly successRate: SuccessRateRule | undefined;
  readonly failurePercentage: FailurePercentageRule | undefined;
}

/** How many endpoints must have how many requests each before they are compared. */
interface RateVolume {
  readonly minimumHosts: number;
  readonly requestVolume: number;
}

/** Ejects what succeeds less often than the mean less so many standard deviations. */
export interface SuccessRateRule extends RateVolume {
  readonly deviations: number;
}

/** Ejects what fails at least so often, in percent. */
export interface FailurePercentageRule extends RateVolume {
  readonly threshold: number;
}

/** Envoy's defaults (outlier_detection.proto). Enforcing with a chance below 100 % counts as enforcing. */
export function compileOutlierDetection(config: OutlierDetection | undefined): OutlierPlan | undefined {
  if (config === undefined) return undefined;
  const baseEjectionMs = toMilliseconds(config.baseEjectionTime) ?? 30_000;
  const splitsLocalFailures = config.splitExternalLocalOriginErrors;
  const ifEnforced = (count: number, percent: number): number => (percent > 0 ? count : 0);
  return {
    consecutive5xx: ifEnforced(config.consecutive5xx ?? 5, config.enforcingConsecutive5xx ?? 100),
    consecutiveGatewayFailures: ifEnforced(
      config.consecutiveGatewayFailure ?? 5,
      config.enforcingConsecutiveGatewayFailure ?? 0,
    ),
    consecutiveLocalFailures: splitsLocalFailures
      ? ifEnforced(config.consecutiveLocalOriginFailure ?? 5, config.enforcingConsecutiveLocalOriginFailure ?? 100)
      : 0,
    splitsLocalFailures,
    rates: {
      answers: compileRates(config, config.enforcingSuccessRate ?? 100, config.enforcingFailurePercentage ?? 0),
      local: splitsLocalFailures
        ? compileRates(
            config,
            config.enforcingLocalOriginSuccessRate ?? 100,
            config.enforcingFailurePercentageLocalOrigin ?? 0,
          )
        : { successRate: undefined, failurePercentage: undefined },
    },
    intervalMs: toMilliseconds(config.interval) ?? 10_000,
    baseEjectionMs,
    maxEjectionMs: Math.max(baseEjectionMs, toMilliseconds(config.maxEjectionTime) ?? 300_000),
    maxEjectionPercent: config.maxEjectionPercent ?? 10,
  };
}

function compileRates(config: OutlierDetection, enforcedRate: number, enforcedPercentage: number): RateRules {
  return {
    successRate:
      enforcedRate === 0
        ? undefined
        : {
            minimumHosts: config.successRateMinimumHosts ?? 5,
            requestVolume: config.successRateRequestVolume ?? 100,
            deviations: (config.successRateStdevFactor ?? 1900) / 1000,
          },
    failurePercentage:
      enforcedPercentage === 0
        ? undefined
        : {
            minimumHosts: config.failurePercentageMinimumHosts ?? 5,
            requestVolume: config.failurePercentageRequestVolume ?? 50,
            threshold: config.failurePercentageThreshold ?? 85,
          },
  };
}
