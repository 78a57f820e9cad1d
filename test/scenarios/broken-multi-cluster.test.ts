import { expect, test } from 'vitest';
import mtlsEgress from '#scenarios/multi-cluster/mtls-egress.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';
import { breakCluster, type Overrides } from '#test/support/break-scenario.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

type Removal = (cluster: KubeCluster) => Overrides<KubeCluster>;

/** Applies everything but the manifests whose name matches. */
function without(file: RegExp): Removal {
  return (cluster) => ({ apply: async (manifest) => (file.test(manifest.file) ? undefined : cluster.apply(manifest)) });
}

const BROKEN: readonly (readonly [scenario: Scenario, cluster: string, remove: Removal, message: RegExp])[] = [
  [mtlsEgress, 'gke', without(/mtls-credential/), /curl lambda.external\/hello-world: .*status 200.*503/s],
];

test.each(
  BROKEN.map(([scenario, cluster, remove, message]) => ({ scenario, name: scenario.name, cluster, remove, message })),
)('$name fails without its fix in $cluster', async ({ scenario, cluster, remove, message }) => {
  const { result } = await runEmbedded(breakCluster(scenario, cluster, remove));
  expect(result.outcome).toBe('failed');
  expect(result.failure?.message).toMatch(message);
  expect(result.leaks).toEqual([]);
});
