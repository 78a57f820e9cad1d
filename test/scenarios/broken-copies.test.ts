import { expect, test } from 'vitest';
import noneForwardedUnsigned from '#scenarios/credentials/none-forwarded-unsigned.ts';
import needsRestart from '#scenarios/key-rotation/needs-restart.ts';
import catAndDog from '#scenarios/port-forward/cat-and-dog.ts';
import hostHeaderOverridden from '#scenarios/port-forward/host-header-overridden.ts';
import hostWithPort from '#scenarios/port-forward/host-with-port.ts';
import stripPort from '#scenarios/port-forward/strip-port.ts';
import headerChanged from '#scenarios/signing/forwarded-header-changed-by-next-hop.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';
import { breakEast, withoutHostOverride, type Overrides } from '#test/support/break-scenario.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

const withoutApply = () => ({ apply: async () => {} });
const withoutDelete = () => ({ delete: async () => {} });
const withoutRestart = () => ({ deletePod: async () => {} });

type Removal = (east: KubeCluster) => Overrides<KubeCluster>;

const BROKEN: readonly (readonly [scenario: Scenario, removed: string, remove: Removal, message: RegExp])[] = [
  [
    hostWithPort,
    'strip_any_host_port',
    withoutApply,
    /GET \/cat again.*expected status 200, got 403 InvalidSignatureException/s,
  ],
  [stripPort, 'deleting strip_any_host_port', withoutDelete, /GET \/cat is refused again.*200/s],
  [
    hostHeaderOverridden,
    'the Host override',
    withoutHostOverride,
    /-H "Host: example\.com".*got refused by lambda: InvalidSignatureException/s,
  ],
  [catAndDog, 'strip_any_host_port', withoutApply, /GET \/cat and \/dog reach their functions/],
  [needsRestart, 'deleting pods', withoutRestart, /GET \/cat with the second key.*UnrecognizedClientException/s],
  [headerChanged, 'forwarding the header unchanged', withoutApply, /GET \/cat is accepted.*InvalidSignatureException/s],
  [noneForwardedUnsigned, 'the key', withoutApply, /GET \/cat is accepted.*MissingAuthenticationTokenException/s],
];

test.each(
  BROKEN.map(([scenario, removed, remove, message]) => ({ scenario, name: scenario.name, removed, remove, message })),
)('$name fails without $removed', async ({ scenario, remove, message }) => {
  const { result } = await runEmbedded(breakEast(scenario, remove));
  expect(result.outcome).toBe('failed');
  expect(result.failure?.message).toMatch(message);
  expect(result.leaks).toEqual([]);
});
