/** The machine that the scenario's author sits at. */
export const MACHINE_ZONE = 'machine';
/** AWS's public endpoints. */
export const AWS_ZONE = 'aws';

/** A pod's own loopback. */
export function podZone(kubeCluster: string, pod: string): string {
  return `${kubeCluster}/${pod}`;
}
