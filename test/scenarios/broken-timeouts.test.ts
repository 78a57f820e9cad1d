import { expect, test } from 'vitest';
import abandonedAttempts from '#scenarios/timeouts/abandoned-attempts-cause-429.ts';
import coldStart from '#scenarios/timeouts/cold-start-retried-within-35s.ts';
import connectFailure from '#scenarios/timeouts/connect-failure.ts';
import defaultTimeout from '#scenarios/timeouts/default-15s.ts';
import idleTimeout from '#scenarios/timeouts/idle-timeout.ts';
import perTryAndRoute from '#scenarios/timeouts/per-try-and-route.ts';
import resetMidBody from '#scenarios/timeouts/reset-mid-body.ts';
import retryOnKinds from '#scenarios/timeouts/retry-on-kinds.ts';
import retryRepeats from '#scenarios/timeouts/retry-repeats-the-invocation.ts';
import slowBody from '#scenarios/timeouts/slow-response-body.ts';
import virtualServiceHasNone from '#scenarios/timeouts/virtual-service-has-none.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';
import { breakEast, keepingApplies, type Overrides } from '#test/support/break-scenario.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

type Removal = (east: KubeCluster) => Overrides<KubeCluster>;

const withoutApply: Removal = () => ({ apply: async () => {} });
const withoutFault: Removal = () => ({ fault: async () => ({ [Symbol.dispose]: () => {} }) });

const BROKEN: readonly (readonly [scenario: Scenario, removed: string, remove: Removal, message: RegExp])[] = [
  [defaultTimeout, 'its timeout', withoutApply, /GET \/cat waits for the function.*upstream request timeout/s],
  [virtualServiceHasNone, 'its fix', withoutApply, /GET \/cat waits 40 s.*expected status 200, got 504/s],
  [perTryAndRoute, 'its limits', withoutApply, /35s, per try 0s, 0 retries.*expected status 200, got 504/s],
  [coldStart, 'the options of seed 001', withoutApply, /finds the first environment warm.*504 without a verdict/s],
  [abandonedAttempts, 'its fix', withoutApply, /GET \/cat is one invocation.*429/s],
  [retryRepeats, 'its fix', withoutApply, /POST \/cat runs the function once.*length of 5 but got 7/s],
  [retryOnKinds, 'its retries', withoutApply, /retryOn 5xx in the VirtualService/],
  [connectFailure, 'its faults', withoutFault, /while Lambda refuses connections.*expected status 503, got 200/s],
  [connectFailure, 'its retries', withoutApply, /outlives 7 s without a network.*503/s],
  [resetMidBody, 'its faults', withoutFault, /GET \/cat is 503 UC.*expected status 503, got 200/s],
  [slowBody, 'its fix', withoutApply, /GET \/cat arrives whole.*expected status 200, got 503/s],
  [idleTimeout, 'the idle timeout of the listener', withoutApply, /is ended after 30 s.*"stream timeout"/s],
  [idleTimeout, 'the idle timeout of the route', keepingApplies(1), /GET \/cat waits 40 s again/],
];

test.each(
  BROKEN.map(([scenario, removed, remove, message]) => ({ scenario, name: scenario.name, removed, remove, message })),
)('$name fails without $removed', async ({ scenario, remove, message }) => {
  const { result } = await runEmbedded(breakEast(scenario, remove));
  expect(result.outcome).toBe('failed');
  expect(result.failure?.message).toMatch(message);
  expect(result.leaks).toEqual([]);
});
