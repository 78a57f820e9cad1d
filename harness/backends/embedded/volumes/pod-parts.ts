import type { Container } from '#control-plane/kube/schemas/pod-template.ts';
import type { Volume } from '#control-plane/kube/schemas/volumes.ts';

/** What the webhooks of a KubeCluster add to when a pod is created: one container and the pod's volumes. */
export interface PodParts {
  readonly container: Container;
  readonly volumes: readonly Volume[];
}
