import type { PodFacts } from '#control-plane/kube/environment.ts';
import { spiffeId } from '#control-plane/istio/names.ts';
import { trackComputation, type Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { LocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';

/** The certificate authority of one mesh: gives each workload its identity, as istiod and the Istio agent do. */
export interface MeshIdentity {
  readonly rootPem: string;
  createSecrets(pod: Pick<PodFacts, 'namespace' | 'serviceAccount'>): Promise<LocalSecrets>;
}

/** @param systemRoots the authorities that the operating system of every pod knows, PEM; may still grow */
export async function createMeshIdentity(
  clock: Clock,
  random: Random,
  systemRoots: readonly string[],
): Promise<MeshIdentity> {
  const { authority, createLocalSecrets, withSystemRoots } = await trackComputation(clock, async () => {
    const { createAuthority } = await import('#core/certificates.ts');
    const secrets = await import('#signing-proxy/secrets/local-secrets.ts');
    const roots = await import('./system-roots.ts');
    const root = await createAuthority({
      commonName: 'Istio root',
      organization: 'cluster.local',
      random,
    });
    return { authority: root, createLocalSecrets: secrets.createLocalSecrets, withSystemRoots: roots.withSystemRoots };
  });
  return {
    rootPem: authority.certificatePem,
    async createSecrets({ namespace, serviceAccount }) {
      const uris = [spiffeId(namespace, serviceAccount)];
      const { chainPem, privateKeyPem } = await trackComputation(clock, () => authority.issue({ uris }));
      const workload = createLocalSecrets({ chainPem, privateKeyPem, rootPem: authority.certificatePem });
      return withSystemRoots(workload, systemRoots);
    },
  };
}
