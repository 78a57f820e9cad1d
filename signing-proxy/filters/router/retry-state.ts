import type { Random } from '#core/random.ts';
import type { HttpRules } from '../../dialects/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import { parseRetryOn, type RetryPolicy } from '../../routing/retry-policy.ts';
import type { RetryKind } from '../../upstreams/upstream-error.ts';

/** What came of an attempt, as far as a retry depends on it. */
export type AttemptOutcome =
  | { readonly kind: 'response'; readonly headers: HeaderMap }
  | { readonly kind: 'reset'; readonly retryKind: RetryKind }
  | { readonly kind: 'per-try-timeout' };

/** `exceeded` is a retry that only the limit forbids: Envoy marks the answer with URX. */
export type RetryDecision = 'retry' | 'no-retry' | 'exceeded';

/** Where releases differ. */
type RetryRules = Pick<HttpRules, 'retriesOverloaded'>;

/** Counts retries of one request and decides about the next (gateways.md 4.2). */
export class RetryState {
  readonly #policy: RetryPolicy;
  readonly #rules: RetryRules;
  #left: number;
  #nextIntervalMs: number;

  constructor(policy: RetryPolicy, rules: RetryRules) {
    this.#policy = policy;
    this.#rules = rules;
    this.#left = policy.maxRetries;
    this.#nextIntervalMs = policy.baseIntervalMs;
  }

  /** Whether any outcome could be retried: only then is the request's body kept. */
  get isEnabled(): boolean {
    return this.#policy.retryOn.size > 0 && this.#left > 0;
  }

  /** Uses up one retry when it answers `retry`. */
  decide(outcome: AttemptOutcome): RetryDecision {
    if (isOverloaded(outcome) && !this.#rules.retriesOverloaded) return 'no-retry';
    if (!isRetriable(outcome, this.#policy)) return 'no-retry';
    if (this.#left <= 0) return 'exceeded';
    this.#left--;
    return 'retry';
  }

  /** A random pause below an interval that doubles from the base to the maximum. */
  nextBackOffMs(random: Random): number {
    const intervalMs = Math.floor(this.#nextIntervalMs);
    this.#nextIntervalMs = Math.min(this.#nextIntervalMs * 2, this.#policy.maxIntervalMs);
    return Math.floor(random.float() * intervalMs);
  }
}

/** Joins the route's policy with what the request's `x-envoy-*` headers ask for. */
export function mergeRetryPolicy(policy: RetryPolicy, headers: HeaderMap): RetryPolicy {
  const { retriableRequestHeaders } = policy;
  const isAllowed = retriableRequestHeaders.length === 0 || retriableRequestHeaders.some((matches) => matches(headers));
  const retryOn = headers.get('x-envoy-retry-on');
  const retryOnGrpc = headers.get('x-envoy-retry-grpc-on');
  const maxRetries = headers.get('x-envoy-max-retries');
  const statusCodes = headers.get('x-envoy-retriable-status-codes');
  const headerNames = headers.get('x-envoy-retriable-header-names');
  if (
    isAllowed &&
    retryOn === undefined &&
    retryOnGrpc === undefined &&
    maxRetries === undefined &&
    statusCodes === undefined &&
    headerNames === undefined
  )
    return policy;
  return {
    ...policy,
    retryOn: isAllowed ? joinConditions(policy.retryOn, retryOn, retryOnGrpc) : new Set(),
    maxRetries: parseCount(maxRetries) ?? policy.maxRetries,
    retriableStatusCodes: new Set([...policy.retriableStatusCodes, ...splitList(statusCodes).map(Number)]),
    retriableHeaders: [
      ...policy.retriableHeaders,
      ...splitList(headerNames).map((name) => (answer: HeaderMap) => answer.has(name.toLowerCase())),
    ],
  };
}

/** Conditions of gRPC have a header of their own; in the other one they mean nothing. */
function joinConditions(ofPolicy: ReadonlySet<string>, retryOn = '', retryOnGrpc = ''): ReadonlySet<string> {
  const asked = [...parseRetryOn(retryOn)].filter((condition) => !GRPC_CONDITIONS.has(condition));
  const askedOfGrpc = [...parseRetryOn(retryOnGrpc)].filter((condition) => GRPC_CONDITIONS.has(condition));
  return new Set([...ofPolicy, ...asked, ...askedOfGrpc]);
}

/** The status of gRPC in the headers of an answer that each condition means. */
const GRPC_CONDITIONS: ReadonlyMap<string, string> = new Map([
  ['cancelled', '1'],
  ['deadline-exceeded', '4'],
  ['resource-exhausted', '8'],
  ['internal', '13'],
  ['unavailable', '14'],
]);

function isRetriableGrpc(headers: HeaderMap, retryOn: ReadonlySet<string>): boolean {
  const status = headers.get('grpc-status');
  if (status === undefined) return false;
  for (const [condition, code] of GRPC_CONDITIONS) if (code === status) return retryOn.has(condition);
  return false;
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function isOverloaded(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'response' && outcome.headers.has('x-envoy-overloaded');
}

function isRetriable(outcome: AttemptOutcome, policy: RetryPolicy): boolean {
  const { retryOn } = policy;
  if (retryOn.size === 0) return false;
  switch (outcome.kind) {
    case 'response':
      return isRetriableResponse(outcome.headers, policy);
    case 'per-try-timeout':
      return retriesAnyReset(retryOn);
    case 'reset':
      return isRetriableReset(outcome.retryKind, retryOn);
  }
}

function retriesAnyReset(retryOn: ReadonlySet<string>): boolean {
  return retryOn.has('5xx') || retryOn.has('gateway-error') || retryOn.has('reset');
}

function isRetriableReset(kind: RetryKind, retryOn: ReadonlySet<string>): boolean {
  switch (kind) {
    case 'none':
      return false;
    case 'connect-failure':
      return retriesAnyReset(retryOn) || retryOn.has('connect-failure') || retryOn.has('reset-before-request');
    case 'refused-stream':
      return retriesAnyReset(retryOn) || retryOn.has('refused-stream');
    case 'reset':
      return retriesAnyReset(retryOn);
  }
}

function isRetriableResponse(
  headers: HeaderMap,
  { retryOn, retriableStatusCodes, retriableHeaders }: RetryPolicy,
): boolean {
  // A server that limits rates is asked again only when the policy says so.
  if (headers.has('x-envoy-ratelimited')) return retryOn.has('envoy-ratelimited');
  const status = Number(headers.get(':status'));
  if (retryOn.has('5xx') && status >= 500 && status < 600) return true;
  if (retryOn.has('gateway-error') && status >= 502 && status <= 504) return true;
  if (retryOn.has('retriable-4xx') && status === 409) return true;
  if (retryOn.has('retriable-status-codes') && retriableStatusCodes.has(status)) return true;
  if (retryOn.has('retriable-headers') && retriableHeaders.some((matches) => matches(headers))) return true;
  return isRetriableGrpc(headers, retryOn);
}
