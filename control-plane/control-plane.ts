import type { Clock } from '#core/clock.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { applyManifests } from './istio/installation/apply-manifests.ts';
import type { KubeObject, ObjectRef } from './kube/kinds.ts';
import { checkNamespaces } from './kube/check-namespaces.ts';
import { createObjectStore, type Applied, type ObjectStore } from './kube/object-store.ts';
import { parseManifests, type ManifestSource } from './kube/parse-manifest.ts';
import { createPodRegistry, type PodRegistry } from './kube/pod-registry.ts';
import { createProxyStatus, type ProxyStatus } from './push/proxy-status.ts';
import type { PushFault } from './push/push-fault.ts';
import { PushFaults, type PushFaultScope } from './push/push-faults.ts';
import { startIstiod, type Istiod } from './istiod.ts';

export interface ControlPlaneOptions {
  /** The KubeCluster that it controls. */
  readonly kubeCluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** Where it listens. */
  readonly zone: string;
  readonly address: Address;
  readonly timeline: Timeline;
  /** The Istio version whose behaviour it has: `1.17.2`. */
  readonly istioVersion: string;
  /** What `istioctl install -r` sets for IstioOperators that name no revision. */
  readonly revision?: string;
  /** How long nothing may change before a push. Default 100, as istiod's. */
  readonly debounceMs?: number;
  /** What sidecars do with hosts that no Service has. Default ALLOW_ANY. */
  readonly outboundTrafficPolicy?: 'ALLOW_ANY' | 'REGISTRY_ONLY';
}

/** The API server and istiod of a KubeCluster. Disposing it ends every stream at once, as a process that stops does. */
export interface ControlPlane extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Where a backend reports the pods it runs. */
  readonly pods: PodRegistry;
  /**
   * Applies manifests like `kubectl apply`: all of them or, when one has a mistake, none.
   *
   * @throws {ManifestError} `INVALID_MANIFEST` with every mistake, each with file, line and column
   */
  apply(manifests: ManifestSource | readonly ManifestSource[]): Promise<Applied[]>;
  /** @returns the object that was deleted, or undefined if there was none */
  delete(ref: ObjectRef): KubeObject | undefined;
  /** A row for each connected proxy; none while istiod is down. */
  proxyStatus(): readonly ProxyStatus[];
  /** Makes something go wrong with the pushes to proxies, until disposed. */
  addPushFault(fault: PushFault, scope: PushFaultScope): Disposable;
  /**
   * Stops istiod at once; it starts again after `downMs`, from what the API server has then. Resolves when it is down.
   */
  restart(downMs: number): Promise<void>;
}

const ROOT_NAMESPACE = 'istio-system';
const DEBOUNCE_MS = 100;
// Kubernetes leaves out what could spell words.
const POD_SUFFIX = Array.from('bcdfghjklmnpqrstvwxz2456789');
const FIRST_NAMESPACES = ['default', 'kube-system', ROOT_NAMESPACE];

/**
 * Starts a control plane that listens for discovery streams (gRPC without TLS, as istiod on port 15010). Unlike istiod
 * there it answers secrets too: the network in memory has no eavesdroppers.
 *
 * @throws {MeshrigError} `PORT_IN_USE`
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, timeline, kubeCluster, istioVersion } = options;
  const source = `control-plane "${kubeCluster}"`;
  const store = createObjectStore(clock);
  for (const name of FIRST_NAMESPACES) store.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const pods = createPodRegistry();
  const istiodNames = options.random.fork('istiod-pod');
  const { outboundTrafficPolicy = 'ALLOW_ANY' } = options;
  const faults = new PushFaults(clock);
  const start = () =>
    startIstiod({
      ...options,
      name: nameIstiod(istiodNames, options.revision),
      source,
      store,
      pods,
      faults,
      settings: { istioVersion, rootNamespace: ROOT_NAMESPACE, outboundTrafficPolicy },
      debounceMs: options.debounceMs ?? DEBOUNCE_MS,
    });
  let istiod: Istiod | undefined = await start();
  const stopping = new AbortController();
  let comeBack = Promise.resolve();
  const report = (action: Applied['action'] | 'deleted', { kind, metadata }: KubeObject): void => {
    const { namespace, name } = metadata;
    timeline.emit({ type: 'applied', source, action, kind, namespace, name });
  };

  return {
    store,
    pods,
    async apply(manifests) {
      const parsed = parseManifests(Array.isArray(manifests) ? manifests : [manifests]);
      checkNamespaces(parsed, store);
      const { applied, deleted } = applyManifests(
        parsed.map(({ manifest }) => manifest),
        store,
        options.revision,
      );
      for (const { action, object } of applied) report(action, object);
      for (const object of deleted) report('deleted', object);
      return applied;
    },
    delete(ref) {
      const object = store.delete(ref);
      if (object !== undefined) report('deleted', object);
      return object;
    },
    proxyStatus: () =>
      istiod === undefined
        ? []
        : createProxyStatus(istiod.connections(), { kubeCluster, istiod: istiod.name, istioVersion }),
    addPushFault(fault, scope) {
      if (fault.endsStreams === true) istiod?.endStreams(scope);
      return faults.add(fault, scope);
    },
    async restart(downMs) {
      await comeBack;
      await istiod?.[Symbol.asyncDispose]();
      istiod = undefined;
      comeBack = clock.sleep(downMs, stopping.signal).then(
        async () => {
          istiod = await start();
        },
        () => {},
      );
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the control plane was stopped'));
      await comeBack;
      faults[Symbol.dispose]();
      await istiod?.[Symbol.asyncDispose]();
    },
  };
}

/** The name of istiod's own pod, as a Deployment gives it: `istiod-1-17-6f5f489dd6-vh9zs`. */
function nameIstiod(random: Random, revision: string | undefined): string {
  const suffix = Array.from({ length: 5 }, () => random.pick(POD_SUFFIX)).join('');
  return ['istiod', ...(revision === undefined ? [] : [revision]), random.hex(10), suffix].join('-');
}
