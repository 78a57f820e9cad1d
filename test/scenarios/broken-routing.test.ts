import { expect, test } from 'vitest';
import headerAndQueryMatch from '#scenarios/routing/header-and-query-match.ts';
import noHealthyUpstream from '#scenarios/routing/no-healthy-upstream.ts';
import noRoute from '#scenarios/routing/no-route.ts';
import portInAuthority from '#scenarios/routing/port-in-authority-404.ts';
import redirect from '#scenarios/routing/redirect-and-direct-response.ts';
import weightedFunctions from '#scenarios/routing/weighted-functions.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';
import { breakEast, keepingApplies, type Overrides } from '#test/support/break-scenario.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

type Removal = (east: KubeCluster) => Overrides<KubeCluster>;

const withoutApply: Removal = () => ({ apply: async () => {} });

const BROKEN: readonly (readonly [scenario: Scenario, removed: string, remove: Removal, message: RegExp])[] = [
  [noRoute, 'its fix', withoutApply, /reaches httpbin.*expected status 200, got 404/s],
  [noHealthyUpstream, 'the typing error', withoutApply, /finds no endpoint.*"no healthy upstream"/s],
  [noHealthyUpstream, 'its fix', keepingApplies(1), /GET \/cat is answered.*503/s],
  [portInAuthority, 'its fix', keepingApplies(1), /Host cats\.example\.com:9080 is 200.*got 404/s],
  [weightedFunctions, 'the weights', withoutApply, /reaches the dog, too.*expected body "woof", got "meow"/s],
  [headerAndQueryMatch, 'its fix', keepingApplies(1), /is the dog by header.*expected body "woof", got "meow"/s],
  [redirect, 'its fix', keepingApplies(2), /names the forwarded port again.*location/s],
];

test.each(
  BROKEN.map(([scenario, removed, remove, message]) => ({ scenario, name: scenario.name, removed, remove, message })),
)('$name fails without $removed', async ({ scenario, remove, message }) => {
  const { result } = await runEmbedded(breakEast(scenario, remove));
  expect(result.outcome).toBe('failed');
  expect(result.failure?.message).toMatch(message);
  expect(result.leaks).toEqual([]);
});
