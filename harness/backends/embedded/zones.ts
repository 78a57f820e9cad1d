/** The machine that the scenario's author sits at. */
export const MACHINE_ZONE = 'machine';
/** AWS's public endpoints. */
export const AWS_ZONE = 'aws';
/** The private network of the AWS account: its load balancers, and the KubeClusters that lie in it. */
export const VPC_ZONE = 'vpc';
/** Public addresses, such as those of a KubeCluster's LoadBalancer Services. */
export const INTERNET_ZONE = 'internet';

/** A pod's own loopback. */
export function podZone(kubeCluster: string, pod: string): string {
  return `${kubeCluster}/${pod}`;
}
