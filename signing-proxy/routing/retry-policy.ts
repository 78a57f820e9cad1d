import type { RetryPolicy as RetryPolicyConfig } from '#xds/generated/messages.js';
import { compileHeaderMatcher, type HeaderPredicate } from './header-matcher.ts';
import { toMilliseconds } from './duration-ms.ts';

/** When and how a route tries again (gateways.md 4.2). */
export interface RetryPolicy {
  /** Conditions by their names in `retry_on`. */
  readonly retryOn: ReadonlySet<string>;
  readonly maxRetries: number;
  /** 0 means none. */
  readonly perTryTimeoutMs: number;
  readonly retriableStatusCodes: ReadonlySet<number>;
  /** Response headers that ask for a retry, under `retriable-headers`. */
  readonly retriableHeaders: readonly HeaderPredicate[];
  /** Requests that may be retried at all; empty means every one. */
  readonly retriableRequestHeaders: readonly HeaderPredicate[];
  readonly baseIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Whether a retry avoids endpoints that were tried before. */
  readonly avoidsPreviousHosts: boolean;
}

const DEFAULT_BASE_INTERVAL_MS = 25;

export const NO_RETRIES: RetryPolicy = {
  retryOn: new Set(),
  maxRetries: 1,
  perTryTimeoutMs: 0,
  retriableStatusCodes: new Set(),
  retriableHeaders: [],
  retriableRequestHeaders: [],
  baseIntervalMs: DEFAULT_BASE_INTERVAL_MS,
  maxIntervalMs: 10 * DEFAULT_BASE_INTERVAL_MS,
  avoidsPreviousHosts: false,
};

/** Compiles a retry policy. An interval given as 0 counts as 1 ms, and the longest one is ten times the base by default. */
export function compileRetryPolicy(config: RetryPolicyConfig): RetryPolicy {
  const baseIntervalMs = Math.max(1, toMilliseconds(config.retryBackOff?.baseInterval) ?? DEFAULT_BASE_INTERVAL_MS);
  const maxIntervalMs = toMilliseconds(config.retryBackOff?.maxInterval) ?? 10 * baseIntervalMs;
  return {
    retryOn: parseRetryOn(config.retryOn),
    maxRetries: config.numRetries ?? 1,
    perTryTimeoutMs: toMilliseconds(config.perTryTimeout) ?? 0,
    retriableStatusCodes: new Set(config.retriableStatusCodes),
    retriableHeaders: config.retriableHeaders.map(compileHeaderMatcher),
    retriableRequestHeaders: config.retriableRequestHeaders.map(compileHeaderMatcher),
    baseIntervalMs,
    maxIntervalMs,
    avoidsPreviousHosts: config.retryHostPredicate.some(
      ({ name }) => name === 'envoy.retry_host_predicates.previous_hosts',
    ),
  };
}

/** Splits `5xx,reset`; names that Envoy does not know are kept and mean nothing. */
export function parseRetryOn(text: string): ReadonlySet<string> {
  return new Set(
    text
      .split(',')
      .map((condition) => condition.trim())
      .filter((condition) => condition !== ''),
  );
}
