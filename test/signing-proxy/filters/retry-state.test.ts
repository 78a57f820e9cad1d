import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { mergeRetryPolicy, RetryState, type AttemptOutcome } from '#signing-proxy/filters/router/retry-state.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { NO_RETRIES, type RetryPolicy } from '#signing-proxy/routing/retry-policy.ts';
import type { RetryKind } from '#signing-proxy/upstreams/upstream-error.ts';

const RULES = { retriesOverloaded: false };

const policy = (...retryOn: string[]): RetryPolicy => ({
  ...NO_RETRIES,
  retryOn: new Set(retryOn),
  retriableStatusCodes: new Set([429]),
});

const response = (status: number, headers: Record<string, string> = {}): AttemptOutcome => ({
  kind: 'response',
  headers: HeaderMap.from([[':status', String(status)], ...Object.entries(headers)]),
});
const reset = (retryKind: RetryKind): AttemptOutcome => ({ kind: 'reset', retryKind });
const perTryTimeout: AttemptOutcome = { kind: 'per-try-timeout' };

const OUTCOMES: Readonly<Record<string, AttemptOutcome>> = {
  '200': response(200),
  '409': response(409),
  '429': response(429),
  '500': response(500),
  '503': response(503),
  overloaded: response(503, { 'x-envoy-overloaded': 'true' }),
  'rate limited': response(503, { 'x-envoy-ratelimited': 'true' }),
  reset: reset('reset'),
  'connect failure': reset('connect-failure'),
  'refused stream': reset('refused-stream'),
  overflow: reset('none'),
  'per try timeout': perTryTimeout,
};

const testCondition = (condition: string, retried: readonly string[]) =>
  test(`${condition} retries ${retried.join(', ')} and nothing else`, () => {
    const decided = Object.entries(OUTCOMES).filter(
      ([, outcome]) => new RetryState(policy(condition), RULES).decide(outcome) === 'retry',
    );
    expect(decided.map(([name]) => name)).toEqual(Object.keys(OUTCOMES).filter((name) => retried.includes(name)));
  });

const NO_RESPONSE = ['reset', 'connect failure', 'refused stream', 'per try timeout'];
testCondition('5xx', ['500', '503', ...NO_RESPONSE]);
testCondition('gateway-error', ['503', ...NO_RESPONSE]);
testCondition('reset', NO_RESPONSE);
testCondition('connect-failure', ['connect failure']);
testCondition('reset-before-request', ['connect failure']);
testCondition('refused-stream', ['refused stream']);
testCondition('retriable-4xx', ['409']);
testCondition('retriable-status-codes', ['429']);
testCondition('envoy-ratelimited', ['rate limited']);
testCondition('unknown-word', []);

test.each([
  ['cancelled', '1'],
  ['deadline-exceeded', '4'],
  ['resource-exhausted', '8'],
  ['internal', '13'],
  ['unavailable', '14'],
])('%s retries an answer of gRPC with status %s in its headers, and no other', (condition, code) => {
  const retried = Array.from({ length: 17 }, (_, status) => String(status)).filter(
    (status) => new RetryState(policy(condition), RULES).decide(response(200, { 'grpc-status': status })) === 'retry',
  );
  expect(retried).toEqual([code]);
  expect(new RetryState(policy(condition), RULES).decide(response(200))).toBe('no-retry');
});

test('a caller adds conditions of gRPC by a header of their own', () => {
  const conditionsOf = (name: string) => [
    ...mergeRetryPolicy(policy(), HeaderMap.from([[name, 'unavailable,reset']])).retryOn,
  ];
  expect(conditionsOf('x-envoy-retry-grpc-on')).toEqual(['unavailable']);
  expect(conditionsOf('x-envoy-retry-on')).toEqual(['reset']);
});

test('retriable headers are asked of the response', () => {
  const retriableHeaders = [(headers: HeaderMap) => headers.has('x-retry')];
  const state = new RetryState({ ...policy('retriable-headers'), retriableHeaders }, RULES);
  expect(state.decide(response(200))).toBe('no-retry');
  expect(state.decide(response(200, { 'x-retry': '' }))).toBe('retry');
});

test('retries an overloaded server in releases that do', () => {
  const state = new RetryState(policy('5xx'), { retriesOverloaded: true });
  expect(state.decide(response(503, { 'x-envoy-overloaded': 'true' }))).toBe('retry');
});

test('stops at the limit and says so', () => {
  const state = new RetryState({ ...policy('5xx'), maxRetries: 2 }, RULES);
  expect([1, 2, 3].map(() => state.decide(response(500)))).toEqual(['retry', 'retry', 'exceeded']);
  expect(state.decide(response(200))).toBe('no-retry');
});

test('pauses below an interval that doubles up to its maximum', () => {
  const always = { ...createRandom('x'), float: () => 0.999 };
  const state = new RetryState({ ...policy('5xx'), baseIntervalMs: 25, maxIntervalMs: 100 }, RULES);
  expect([1, 2, 3, 4].map(() => state.nextBackOffMs(always))).toEqual([24, 49, 99, 99]);
});

test('a caller adds conditions and sets the limit', () => {
  const headers = HeaderMap.from([
    ['x-envoy-retry-on', 'reset, retriable-status-codes'],
    ['x-envoy-max-retries', '3'],
    ['x-envoy-retriable-status-codes', '418'],
  ]);
  const merged = mergeRetryPolicy(policy('5xx'), headers);
  expect([...merged.retryOn]).toEqual(['5xx', 'reset', 'retriable-status-codes']);
  expect(merged.maxRetries).toBe(3);
  expect([...merged.retriableStatusCodes]).toEqual([429, 418]);
});

test('a request that none of the matchers allows is not retried', () => {
  const guarded = {
    ...policy('5xx'),
    retriableRequestHeaders: [(headers: HeaderMap) => headers.get(':method') === 'GET'],
  };
  expect(mergeRetryPolicy(guarded, HeaderMap.from([[':method', 'GET']])).retryOn.size).toBe(1);
  expect(mergeRetryPolicy(guarded, HeaderMap.from([[':method', 'POST']])).retryOn.size).toBe(0);
});
