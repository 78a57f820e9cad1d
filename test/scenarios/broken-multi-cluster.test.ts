import { expect, test } from 'vitest';
import authorizationPolicy from '#scenarios/multi-cluster/authorization-policy.ts';
import certificateRotated from '#scenarios/multi-cluster/certificate-rotated.ts';
import commonNameOnly from '#scenarios/multi-cluster/common-name-only.ts';
import expiredCertificate from '#scenarios/multi-cluster/expired-certificate.ts';
import loadBalancerOutsideVpc from '#scenarios/multi-cluster/load-balancer-outside-vpc.ts';
import mtlsEgress from '#scenarios/multi-cluster/mtls-egress.ts';
import noClientCertificate from '#scenarios/multi-cluster/no-client-certificate.ts';
import partitionAndRecovery from '#scenarios/multi-cluster/partition-and-recovery.ts';
import secretMissing from '#scenarios/multi-cluster/secret-missing-then-supplied.ts';
import sniMismatch from '#scenarios/multi-cluster/sni-mismatch.ts';
import sniPassthrough from '#scenarios/multi-cluster/sni-passthrough.ts';
import wrongRoot from '#scenarios/multi-cluster/wrong-root.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';
import { breakCluster, type Overrides } from '#test/support/break-scenario.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

type Removal = (cluster: KubeCluster) => Overrides<KubeCluster>;

/** Applies manifests of this name only so many times: what comes later is the fix. */
function atMost(times: number, file: RegExp): Removal {
  let applied = 0;
  return (cluster) => ({
    apply: async (manifest) => {
      if (!file.test(manifest.file) || ++applied <= times) await cluster.apply(manifest);
    },
  });
}

/** Faults that never end. */
const withoutRecovery: Removal = (cluster) => ({
  fault: async (...parameters) => {
    await cluster.fault(...parameters);
    return { [Symbol.dispose]: () => {} };
  },
});

const SECRET = /mtls-credential/;
const HOST = /lambda-host/;
const STILL_REFUSED = /reaches the function.*status 200, got (?:503|403)/s;

const BROKEN: readonly (readonly [scenario: Scenario, cluster: string, remove: Removal])[] = [
  [authorizationPolicy, 'eks', atMost(0, /allow-path-prefix/)],
  [certificateRotated, 'eks', atMost(1, SECRET)],
  [commonNameOnly, 'gke', atMost(1, SECRET)],
  [expiredCertificate, 'gke', atMost(2, SECRET)],
  [loadBalancerOutsideVpc, 'gke', atMost(0, SECRET)],
  [mtlsEgress, 'gke', atMost(0, SECRET)],
  [noClientCertificate, 'gke', atMost(1, HOST)],
  [partitionAndRecovery, 'gke', withoutRecovery],
  [secretMissing, 'gke', atMost(0, SECRET)],
  [sniMismatch, 'gke', atMost(1, HOST)],
  [sniPassthrough, 'eks', () => ({ delete: async () => {} })],
  [wrongRoot, 'gke', atMost(2, SECRET)],
];

test.each(BROKEN.map(([scenario, cluster, remove]) => ({ scenario, name: scenario.name, cluster, remove })))(
  '$name fails without its fix',
  async ({ scenario, cluster, remove }) => {
    const { result } = await runEmbedded(breakCluster(scenario, cluster, remove));
    expect(result.outcome).toBe('failed');
    expect(result.failure?.message).toMatch(STILL_REFUSED);
    expect(result.leaks).toEqual([]);
  },
);
