import type { RateCount } from './outlier-detection.ts';
import type { FailurePercentageRule, RateRules, SuccessRateRule } from './outlier-plan.ts';

/** An endpoint to eject, and how likely. */
export interface Outlier<T> {
  readonly host: T;
  /** 0 to 1. */
  readonly chance: number;
}

/**
 * The endpoints that did worse in an interval than the others, or than is allowed (envoy outlier detection docs). One that
 * breaks both rules is there twice.
 */
export function findOutliers<T>(counts: ReadonlyMap<T, RateCount>, rules: RateRules): Outlier<T>[] {
  const { successRate, failurePercentage } = rules;
  const label = (hosts: readonly T[], chance: number) => hosts.map((host) => ({ host, chance }));
  return [
    ...(successRate === undefined ? [] : label(findBelowMean(counts, successRate), successRate.chance)),
    ...(failurePercentage === undefined ? [] : label(findFailing(counts, failurePercentage), failurePercentage.chance)),
  ];
}

function findBelowMean<T>(counts: ReadonlyMap<T, RateCount>, rule: SuccessRateRule): T[] {
  const rates = findRates(counts, rule);
  const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / rates.length;
  const threshold = mean - rule.deviations * Math.sqrt(variance);
  return rates.filter(({ rate }) => rate < threshold).map(({ host }) => host);
}

function findFailing<T>(counts: ReadonlyMap<T, RateCount>, rule: FailurePercentageRule): T[] {
  return findRates(counts, rule)
    .filter(({ rate }) => 100 - rate >= rule.threshold)
    .map(({ host }) => host);
}

/** Successes in percent; none where too few endpoints had enough requests to be compared. */
function findRates<T>(
  counts: ReadonlyMap<T, RateCount>,
  { minimumHosts, requestVolume }: SuccessRateRule | FailurePercentageRule,
): { readonly host: T; readonly rate: number }[] {
  const rates = Array.from(counts, ([host, { total, successes }]) => ({
    host,
    total,
    rate: (100 * successes) / total,
  }));
  const comparable = rates.filter(({ total }) => total > 0 && total >= requestVolume);
  return comparable.length < minimumHosts ? [] : comparable;
}
