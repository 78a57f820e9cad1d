import type { OutlierDetection } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HttpRules } from '../dialects/types.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';

/** When an endpoint that answers badly is left alone for a while. */
export interface OutlierPlan {
  readonly consecutive5xx: ConsecutiveRule;
  /** Counts 502, 503 and 504 alone. */
  readonly consecutiveGatewayFailures: ConsecutiveRule;
  /** Counts what happens before an answer: refused connections, timeouts. Only where those are told apart. */
  readonly consecutiveLocalFailures: ConsecutiveRule;
  /** Whether what happens before an answer is no answer; otherwise it counts as 503 or 504. */
  readonly splitsLocalFailures: boolean;
  /** Looked at when an interval ends: of answers, and of what happens before them. */
  readonly rates: { readonly answers: RateRules; readonly local: RateRules };
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** An ejection lasts up to so much longer, by chance. */
  readonly jitterMs: number;
  /** Whether one more may be ejected. */
  readonly mayEject: (ejected: number, hosts: number) => boolean;
}

/** Ejects after so many failures in a row, with a chance from 0 to 1. 0 failures never eject. */
export interface ConsecutiveRule {
  readonly failures: number;
  readonly chance: number;
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
  /** How likely an outlier is ejected, 0 to 1. */
  readonly chance: number;
}

/** Ejects what succeeds less often than the mean less so many standard deviations. */
export interface SuccessRateRule extends RateVolume {
  readonly deviations: number;
}

/** Ejects what fails at least so often, in percent. */
export interface FailurePercentageRule extends RateVolume {
  readonly threshold: number;
}

/**
 * Envoy's defaults (outlier_detection.proto).
 *
 * @throws ConfigError in Envoy's words for times that do not fit
 */
export function compileOutlierDetection(
  config: OutlierDetection | undefined,
  { mayEject }: Pick<HttpRules, 'mayEject'> = { mayEject: staysWithinShare },
): OutlierPlan | undefined {
  if (config === undefined) return undefined;
  const baseEjectionMs = toMilliseconds(config.baseEjectionTime) ?? 30_000;
  const maxEjectionMs = toMilliseconds(config.maxEjectionTime) ?? Math.max(300_000, baseEjectionMs);
  if (maxEjectionMs < baseEjectionMs)
    throw new ConfigError("outlier detector's max_ejection_time cannot be smaller than base_ejection_time");
  const splitsLocalFailures = config.splitExternalLocalOriginErrors;
  return {
    consecutive5xx: enforce(config.consecutive5xx ?? 5, config.enforcingConsecutive5xx ?? 100),
    consecutiveGatewayFailures: enforce(
      config.consecutiveGatewayFailure ?? 5,
      config.enforcingConsecutiveGatewayFailure ?? 0,
    ),
    consecutiveLocalFailures: splitsLocalFailures
      ? enforce(config.consecutiveLocalOriginFailure ?? 5, config.enforcingConsecutiveLocalOriginFailure ?? 100)
      : NEVER,
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
    maxEjectionMs,
    jitterMs: toMilliseconds(config.maxEjectionTimeJitter) ?? 0,
    mayEject: compileLimit(config, mayEject),
  };
}

/** Whether one more leaves no more ejected than may be. */
export const staysWithinShare: HttpRules['mayEject'] = (ejected, hosts, maxPercent) =>
  (100 * (ejected + 1)) / hosts <= maxPercent;

function compileLimit(
  { maxEjectionPercent = 10, alwaysEjectOneHost = false }: OutlierDetection,
  mayEject: HttpRules['mayEject'],
): OutlierPlan['mayEject'] {
  return (ejected, hosts) => (alwaysEjectOneHost && ejected === 0) || mayEject(ejected, hosts, maxEjectionPercent);
}

const NEVER: ConsecutiveRule = { failures: 0, chance: 0 };

function enforce(failures: number, percent: number): ConsecutiveRule {
  return percent === 0 ? NEVER : { failures, chance: Math.min(percent, 100) / 100 };
}

function compileRates(config: OutlierDetection, enforcedRate: number, enforcedPercentage: number): RateRules {
  return {
    successRate:
      enforcedRate === 0
        ? undefined
        : {
            minimumHosts: config.successRateMinimumHosts ?? 5,
            requestVolume: config.successRateRequestVolume ?? 100,
            chance: Math.min(enforcedRate, 100) / 100,
            deviations: (config.successRateStdevFactor ?? 1900) / 1000,
          },
    failurePercentage:
      enforcedPercentage === 0
        ? undefined
        : {
            minimumHosts: config.failurePercentageMinimumHosts ?? 5,
            requestVolume: config.failurePercentageRequestVolume ?? 50,
            chance: Math.min(enforcedPercentage, 100) / 100,
            threshold: config.failurePercentageThreshold ?? 85,
          },
  };
}
