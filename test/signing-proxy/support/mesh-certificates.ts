import { createAuthority, type Authority, type CertificateRequest, type Identity } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { createLocalSecrets, type WorkloadSecrets } from '#signing-proxy/secrets/local-secrets.ts';

export const HTTPBIN_ID = 'spiffe://cluster.local/ns/default/sa/httpbin';
export const GATEWAY_ID = 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';

/** Two unrelated roots, and identities of the first unless said otherwise. */
export interface MeshCertificates {
  readonly authority: Authority;
  readonly stranger: Authority;
  issue(request: CertificateRequest, authority?: Authority): Promise<Identity>;
  /** What the agent of a workload with this SPIFFE id answers. */
  secretsOf(spiffeId: string): Promise<WorkloadSecrets>;
}

export async function createMeshCertificates(): Promise<MeshCertificates> {
  const authority = await createAuthority({ commonName: 'mesh root', random: createRandom('mesh') });
  const stranger = await createAuthority({ commonName: 'other root', random: createRandom('stranger') });
  const issue: MeshCertificates['issue'] = (request, issuer = authority) => issuer.issue(request);
  return {
    authority,
    stranger,
    issue,
    async secretsOf(spiffeId) {
      const { chainPem, privateKeyPem } = await issue({ uris: [spiffeId] });
      return createLocalSecrets({ chainPem, privateKeyPem, rootPem: authority.certificatePem });
    },
  };
}

/** A TLS certificate secret, as the control plane sends it. */
export function certificateSecret(name: string, { chainPem, privateKeyPem }: Identity): object {
  return {
    name,
    tlsCertificate: { certificateChain: { inlineString: chainPem }, privateKey: { inlineString: privateKeyPem } },
  };
}

/** A trusted authority, as the control plane sends it. */
export function authoritySecret(name: string, { certificatePem }: Pick<Authority, 'certificatePem'>): object {
  return { name, validationContext: { trustedCa: { inlineString: certificatePem } } };
}
