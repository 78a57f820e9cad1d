import { anyIs, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  PreviousHostsPredicateSchema,
  PreviousPrioritiesConfigSchema,
  type RetryPolicy as RetryPolicyConfig,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
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
  /** How often a retry chooses an endpoint at most, until it is one that it does not avoid. */
  readonly maxHostPicks: number;
  /** After every so many endpoints tried a retry leaves their priorities alone; 0 never does. */
  readonly leavesPriorityAfter: number;
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
  maxHostPicks: 1,
  leavesPriorityAfter: 0,
};

const NO_CODES: ReadonlySet<number> = new Set();
const MAX_SHARED = 256;
const shared = new Map<string, RetryPolicy>();

/**
 * Compiles a retry policy. An interval given as 0 counts as 1 ms, and the longest one is ten times the base by default.
 *
 * Istio writes the same few policies into every route: those without lists are compiled once.
 *
 * @throws ConfigError for an extension that is not known here
 */
export function compileRetryPolicy(config: RetryPolicyConfig): RetryPolicy {
  if (hasLists(config) || config.retryBackOff !== undefined || config.retryPriority !== undefined)
    return compileWhole(config);
  const key = `${config.retryOn} ${config.numRetries ?? ''} ${toMilliseconds(config.perTryTimeout) ?? ''}`;
  const policy = shared.get(key) ?? compileWhole(config);
  if (shared.size < MAX_SHARED) shared.set(key, policy);
  return policy;
}

function hasLists(config: RetryPolicyConfig): boolean {
  return (
    config.retriableStatusCodes.length +
      config.retriableHeaders.length +
      config.retriableRequestHeaders.length +
      config.retryHostPredicate.length >
    0
  );
}

function compileWhole(config: RetryPolicyConfig): RetryPolicy {
  const baseIntervalMs = Math.max(1, toMilliseconds(config.retryBackOff?.baseInterval) ?? DEFAULT_BASE_INTERVAL_MS);
  const maxIntervalMs = toMilliseconds(config.retryBackOff?.maxInterval) ?? 10 * baseIntervalMs;
  return {
    retryOn: parseRetryOn(config.retryOn),
    maxRetries: config.numRetries ?? 1,
    perTryTimeoutMs: toMilliseconds(config.perTryTimeout) ?? 0,
    retriableStatusCodes: config.retriableStatusCodes.length === 0 ? NO_CODES : new Set(config.retriableStatusCodes),
    retriableHeaders: config.retriableHeaders.map(compileHeaderMatcher),
    retriableRequestHeaders: config.retriableRequestHeaders.map(compileHeaderMatcher),
    baseIntervalMs,
    maxIntervalMs,
    avoidsPreviousHosts: avoidsPreviousHosts(config.retryHostPredicate),
    maxHostPicks: Math.max(1, Number(config.hostSelectionRetryMaxAttempts)),
    leavesPriorityAfter: findUpdateFrequency(config.retryPriority),
  };
}

const PREVIOUS_HOSTS = 'envoy.retry_host_predicates.previous_hosts';

function avoidsPreviousHosts(predicates: RetryPolicyConfig['retryHostPredicate']): boolean {
  for (const { name, configType } of predicates) {
    const config = configType.case === 'typedConfig' ? configType.value : undefined;
    if (name !== PREVIOUS_HOSTS && (config === undefined || !anyIs(config, PreviousHostsPredicateSchema)))
      throw new ConfigError(`Didn't find a registered implementation for name: '${name}'`);
  }
  return predicates.length > 0;
}

/** Of `envoy.retry_priorities.previous_priorities`, the only one there is here. */
function findUpdateFrequency(priority: RetryPolicyConfig['retryPriority']): number {
  if (priority === undefined) return 0;
  const config = priority.configType.case === 'typedConfig' ? priority.configType.value : undefined;
  const settings = config && anyUnpack(config, PreviousPrioritiesConfigSchema);
  if (settings === undefined)
    throw new ConfigError(`Didn't find a registered implementation for name: '${priority.name}'`);
  return settings.updateFrequency;
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
