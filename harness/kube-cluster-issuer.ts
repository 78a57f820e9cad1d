import { createHash } from 'node:crypto';

/**
 * The issuer of a KubeCluster's service-account tokens, in EKS's form (aws.md 5.1). It follows from the cluster's name, so that a
 * trust policy can be written before the cluster exists.
 */
export function getKubeClusterIssuer(kubeCluster: string, region = 'us-east-1'): string {
  const id = createHash('sha256').update(kubeCluster).digest('hex').slice(0, 32).toUpperCase();
  return `https://${getIssuerHost(region)}/id/${id}`;
}

/** Where the issuers of a region publish their keys. */
export function getIssuerHost(region: string): string {
  return `oidc.eks.${region}.amazonaws.com`;
}
