/** Where this proxy's pod is in the network. */
export interface PodPlace {
  /** The zone of the cluster, in which the pod's address is reachable. */
  readonly zone: string;
  /** The zone of the pod's own loopback, where its application listens. */
  readonly podZone: string;
  /** The pod's address. */
  readonly address: string;
}
