import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  PreviousHostsPredicateSchema,
  PreviousPrioritiesConfigSchema,
  type RetryPolicy,
  type RetryPolicySchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { Retries } from '../../kube/schemas/virtual-service.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { isAtLeast } from '../version.ts';

export type RetryPolicyInit = Exclude<MessageInitShape<typeof RetryPolicySchema>, RetryPolicy>;

export interface RetryPlace {
  readonly istioVersion: string;
  /** What the mesh says in place of Istio's own default. */
  readonly meshRetries: Retries | undefined;
  /** Whether the hash of a request decides where it goes. */
  readonly isHashed?: boolean;
}

const SERVICE_UNAVAILABLE = 503;
const CONDITIONS = 'connect-failure,refused-stream,unavailable,cancelled';

/**
 * The retry policy of a route: the mesh's default, changed by what the VirtualService says; `attempts: 0` means none
 * (gateways.md 5.2; istio `route/retry/retry.go`).
 */
export function translateRetries(
  own: Retries | undefined,
  { istioVersion, meshRetries, isHashed = false }: RetryPlace,
): RetryPolicyInit | undefined {
  const policy = createDefaultPolicy(istioVersion, isHashed);
  const retries = own ?? meshRetries;
  if (retries === undefined) return policy;
  if ((retries.attempts ?? 0) === 0) return undefined;
  return {
    ...policy,
    numRetries: retries.attempts,
    ...(retries.retryOn && parseRetryOn(retries.retryOn)),
    ...(retries.perTryTimeout && { perTryTimeout: createDuration(parseDurationMs(retries.perTryTimeout)) }),
    ...(retries.backoff && {
      retryBackOff: { baseInterval: createDuration(parseDurationMs(retries.backoff)) },
    }),
    ...(retries.retryIgnorePreviousHosts !== undefined && {
      retryHostPredicate: retries.retryIgnorePreviousHosts ? [previousHosts()] : [],
    }),
    ...(retries.retryRemoteLocalities === true && { retryPriority: previousPriorities() }),
  };
}

function previousHosts(): NonNullable<RetryPolicyInit['retryHostPredicate']>[number] {
  return {
    name: 'envoy.retry_host_predicates.previous_hosts',
    configType: { case: 'typedConfig', value: packAny(PreviousHostsPredicateSchema) },
  };
}

/** Every second retry leaves out the priorities, and so the localities, that were tried. */
function previousPriorities(): NonNullable<RetryPolicyInit['retryPriority']> {
  return {
    name: 'envoy.retry_priorities.previous_priorities',
    configType: { case: 'typedConfig', value: packAny(PreviousPrioritiesConfigSchema, { updateFrequency: 2 }) },
  };
}

/**
 * 503 answers left the default in 1.24 (istio/istio#50506). Since 1.23 a request that belongs to an endpoint by its hash is sent
 * to that again (istio/istio#50759).
 */
function createDefaultPolicy(istioVersion: string, isHashed: boolean): RetryPolicyInit {
  const retriesAnswers = !isAtLeast(istioVersion, '1.24');
  return {
    numRetries: 2,
    retryOn: retriesAnswers ? `${CONDITIONS},retriable-status-codes` : CONDITIONS,
    retriableStatusCodes: retriesAnswers ? [SERVICE_UNAVAILABLE] : [],
    retryHostPredicate: isHashed && isAtLeast(istioVersion, '1.23') ? [] : [previousHosts()],
    hostSelectionRetryMaxAttempts: 5n,
  };
}

/** Status codes among the conditions go to their own list, and turn their own condition on. */
function parseRetryOn(retryOn: string): Pick<RetryPolicyInit, 'retryOn' | 'retriableStatusCodes'> {
  const parts = retryOn
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const codes = parts.filter((part) => /^[1-5]\d\d$/.test(part)).map(Number);
  const conditions = parts.filter((part) => !/^[1-5]\d\d$/.test(part));
  if (codes.length > 0 && !conditions.includes('retriable-status-codes')) conditions.push('retriable-status-codes');
  return { retryOn: conditions.join(','), retriableStatusCodes: codes };
}
