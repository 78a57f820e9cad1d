/** A pod that runs, as far as the control plane cares. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Only ready pods get traffic. */
  readonly isReady: boolean;
  /** Whether it speaks mutual TLS, which `tlsMode: istio` on its endpoints tells. */
  readonly hasSidecar: boolean;
  /** The ports its containers name; a Service may refer to a target port by name. */
  readonly ports: readonly PodPort[];
}

interface PodPort {
  readonly name?: string | undefined;
  readonly containerPort: number;
}

/** Where a backend reports the pods it runs: the control plane's view of the kubelets. */
export interface PodRegistry {
  /** Adds a pod, or replaces what was known of it. */
  report(pod: Pod): void;
  remove(namespace: string, name: string): void;
  /** Sorted by namespace and name. */
  list(): readonly Pod[];
  watch(listener: (change: PodChange) => void): Disposable;
}

interface PodChange {
  readonly before: Pod | undefined;
  readonly after: Pod | undefined;
}

export function createPodRegistry(): PodRegistry {
  const pods = new Map<string, Pod>();
  const listeners = new Set<(change: PodChange) => void>();
  const tell = (change: PodChange): void => {
    for (const listener of listeners) listener(change);
  };

  return {
    report(pod) {
      const key = `${pod.namespace}/${pod.name}`;
      const before = pods.get(key);
      pods.set(key, pod);
      tell({ before, after: pod });
    },
    remove(namespace, name) {
      const key = `${namespace}/${name}`;
      const before = pods.get(key);
      if (pods.delete(key)) tell({ before, after: undefined });
    },
    list: () => [...pods.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod),
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
